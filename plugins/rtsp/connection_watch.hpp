// What GSocketClient says while rtspsrc connects. rtspsrc itself reports every failure as "Generic error",
// and asks about a certificate only when it is not valid.
#pragma once

#include <memory>
#include <string>

namespace rill::rtsp {

/// How far a connection got.
enum class Stage { resolving = 1, connecting, securing, connected };

class ConnectionObserver {
  public:
    virtual ~ConnectionObserver() = default;
    virtual void reached(Stage stage) = 0;
    /// "10.0.0.5:554", before each address is tried.
    virtual void trying(const std::string& address) = 0;
    /// Whether every certificate shall be asked about (GTlsConnection::accept-certificate), valid or not.
    virtual bool asks_about_valid_certificates() const = 0;
};

/// Tells `observer` of the next connection that the calling thread makes. Installs, once in a process, an
/// emission hook on GSocketClient::event; it ignores the connections of other threads.
void watch_next_connection(const std::shared_ptr<ConnectionObserver>& observer);

}  // namespace rill::rtsp
