// The client's side of WebSockets (RFC 6455).
#pragma once

#include "harness.hpp"
#include "websocket_frames.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rill::http::test {

inline std::string frame(unsigned first_byte, std::string_view payload) {
    std::string result = frame_header(Opcode::binary, payload.size());
    result[0] = static_cast<char>(first_byte);
    result[1] = static_cast<char>(result[1] | 0x80);
    const std::string mask = "\x11\x22\x33\x44";
    result += mask;
    for (std::size_t at = 0; at < payload.size(); ++at)
        result += static_cast<char>(payload[at] ^ mask[at % 4]);
    return result;
}

constexpr unsigned fin = 0x80;
constexpr unsigned text = 0x1;
constexpr unsigned binary = 0x2;
constexpr unsigned closing = 0x8;
constexpr unsigned ping = 0x9;
constexpr unsigned pong = 0xa;

inline std::string upgrade_request(std::string_view path = "/ws") {
    return get(path,
               "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

class WebSocketClient : public Client {
  public:
    explicit WebSocketClient(std::uint16_t port) : Client(port) {
        const auto reply = call(upgrade_request());
        open = reply && reply->status == 101;
    }

    struct Frame {
        unsigned opcode;
        std::string payload;
    };
    std::optional<Frame> read_frame() {
        const std::string start = read(2);
        if (start.size() < 2) return std::nullopt;
        std::size_t length = static_cast<unsigned char>(start[1]);
        if (length >= 126) {
            const std::string more = read(length == 126 ? 2 : 8);
            length = 0;
            for (const char byte : more)
                length = length * 256 + static_cast<unsigned char>(byte);
        }
        Frame result{static_cast<unsigned>(start[0]) & 0x0f, read(length)};
        if (result.payload.size() != length) return std::nullopt;
        return result;
    }
    /// The code of the Close frame that comes, after whatever else; 0 if the connection ends without one.
    int read_close() {
        while (const auto next = read_frame()) {
            if (next->opcode != closing) continue;
            return static_cast<unsigned char>(next->payload[0]) * 256 +
                   static_cast<unsigned char>(next->payload[1]);
        }
        return 0;
    }

    bool open = false;
};

}  // namespace rill::http::test
