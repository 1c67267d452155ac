// The WebSocket wire format as a server reads and writes it (RFC 6455 §4 and §5), without extensions.
#pragma once

#include <rill/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace rill::http {

enum class Opcode : std::uint8_t {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xa,
};

enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    no_status = 1005,
    invalid_data = 1007,
    policy_violation = 1008,
    too_big = 1009,
    server_error = 1011,
};

/// The answer to an upgrade request: the head of a 101, or why not.
std::variant<std::string, Response> answer_handshake(const Request& request, std::string_view method,
                                                     bool http_1_0);

/// What precedes the payload of an unfragmented, unmasked frame.
std::string frame_header(Opcode opcode, std::size_t payload_bytes);

/// The payload of a Close frame; a reason beyond 123 bytes is cut between characters.
std::string close_payload(int code, std::string_view reason);

/// Takes frames apart and puts messages together. Holds at most one message and one frame, each at most as
/// long as the limit.
class FrameReader {
  public:
    struct Message {
        Opcode opcode;  ///< text and binary: complete messages; close, ping, pong: their payload
        std::string payload;
    };
    struct Failure {
        CloseCode code;
        std::string_view reason;
    };
    struct NeedsMore {};
    struct Fragment {};  ///< only inside: a frame that completes nothing
    using Event = std::variant<NeedsMore, Message, Failure, Fragment>;

    explicit FrameReader(std::size_t message_limit) : limit_(message_limit) {}

    void feed(std::string_view bytes) { input_ += bytes; }
    /// The next event of what was fed. After a failure there is none.
    Event next();

  private:
    Event next_frame();
    Event take_fragment(Opcode opcode, bool final, std::string payload);

    const std::size_t limit_;
    std::string input_;
    std::size_t taken_ = 0;  ///< of input_
    bool in_message_ = false;
    Message message_{};  ///< so far
};

}  // namespace rill::http
