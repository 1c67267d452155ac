// The chunked transfer coding (RFC 9112 §7.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rill::http {

/// Takes one chunked body apart, in pieces of any size.
class ChunkedBody {
  public:
    enum class State { size_line, data, data_end, trailer, complete, malformed, too_large };

    explicit ChunkedBody(std::size_t limit) : limit_(limit) {}

    /// Appends what `input` holds of the body to `body`, and returns how many bytes of `input` were used.
    /// What follows the body is left. The body never grows beyond the limit.
    std::size_t take(std::string_view input, std::string& body);
    State state() const { return state_; }

  private:
    std::size_t take_line(std::string_view input);
    void end_line();
    void read_size();

    const std::size_t limit_;
    State state_ = State::size_line;
    std::string line_;
    std::uint64_t chunk_left_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::size_t body_bytes_ = 0;
};

}  // namespace rill::http
