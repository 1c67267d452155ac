// The client's half of a WHEP exchange.
#pragma once

#include <rill/ref.hpp>

#include <libsoup/soup.h>

#include <functional>
#include <memory>
#include <string>

namespace rill::test {

struct WhepEvents {
    std::function<void(const std::string& sdp)> answered;
    /// `status` is HTTP's, or 0 where no answer came at all.
    std::function<void(int status, const std::string& reason)> refused;
};

/// One session. Threading: the thread whose main context the session of libsoup was made in; events arrive
/// there, one of them once.
class WhepClient {
  public:
    WhepClient(Ref<SoupSession> http, std::string url, WhepEvents events);
    WhepClient(const WhepClient&) = delete;
    WhepClient& operator=(const WhepClient&) = delete;
    /// Ends the session with DELETE, and waits for its answer.
    ~WhepClient();

    /// Once.
    void post(const std::string& offer);

  private:
    using Self = std::shared_ptr<WhepClient*>;

    void take_answer(GAsyncResult* result);

    const Ref<SoupSession> http_;
    const std::string url_;
    const WhepEvents events_;
    const Self self_;  // null inside once this is gone
    Ref<SoupMessage> post_;
    std::string session_url_;
};

}  // namespace rill::test
