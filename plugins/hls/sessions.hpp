// Who watches: one session a client, from its first request to half a minute after its last.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/sink.hpp>

#include <map>
#include <string>
#include <string_view>

namespace rill::hls {

/// HTTP has no connection to hold on to, so the reader of a path is held here while its client's requests
/// keep coming. Threading: none of its own.
class Sessions {
  public:
    /// Begins a session; its id goes into the URIs that the client asks for. Above a limit the one that was
    /// silent longest ends.
    std::string add(ReaderPtr reader, Nanoseconds now);
    /// A request of this session. Null when there is none (any more): the client is served all the same.
    ReaderPtr find(std::string_view id, Nanoseconds now);
    /// Ends one. Its client, which goes on for a while, is known until it has been silent for half a minute.
    void end(const std::string& id, Nanoseconds now);
    /// A request of a session that end() has ended.
    bool was_ended(std::string_view id, Nanoseconds now);
    /// Ends those without a request for half a minute.
    void expire(Nanoseconds now);
    void clear() { sessions_.clear(); }
    std::size_t count() const { return sessions_.size(); }

  private:
    struct Session {
        ReaderPtr reader;
        Nanoseconds last_request{0};
    };
    std::map<std::string, Session, std::less<>> sessions_;
    std::map<std::string, Nanoseconds, std::less<>> ended_;  // their last request
};

/// An id that nobody guesses.
std::string new_session();
/// `digits` random hexadecimal digits from the system's generator.
std::string random_hex(unsigned digits);

}  // namespace rill::hls
