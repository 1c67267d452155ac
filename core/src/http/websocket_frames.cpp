#include "websocket_frames.hpp"

#include "message.hpp"
#include "request_head.hpp"
#include "util/utf8.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>

#include <array>

namespace rill::http {
namespace {

constexpr std::size_t control_limit = 125;
constexpr std::size_t mask_bytes = 4;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes)
        value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

std::string big_endian(std::uint64_t value, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t at = size; at-- > 0; value >>= 8)
        bytes[at] = static_cast<char>(value & 0xff);
    return bytes;
}

bool is_key(std::string_view key) {
    if (key.size() != 24) return false;
    gsize size = 0;
    const Owned<guchar> nonce(g_base64_decode(std::string(key).c_str(), &size));
    return size == 16;
}

std::string accept_key(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const Owned<char> hex(g_compute_checksum_for_data(
        G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(text.data()), text.size()));
    std::array<guchar, 20> digest{};
    for (std::size_t at = 0; at < digest.size(); ++at) {
        digest[at] = static_cast<guchar>(g_ascii_xdigit_value(hex.get()[2 * at]) * 16 +
                                         g_ascii_xdigit_value(hex.get()[2 * at + 1]));
    }
    const Owned<char> encoded(g_base64_encode(digest.data(), digest.size()));
    return encoded.get();
}

bool is_known(Opcode opcode) {
    switch (opcode) {
        case Opcode::continuation:
        case Opcode::text:
        case Opcode::binary:
        case Opcode::close:
        case Opcode::ping:
        case Opcode::pong:
            return true;
    }
    return false;
}

}  // namespace

std::variant<std::string, Response> answer_handshake(const Request& request, std::string_view method,
                                                     bool http_1_0) {
    if (method != "GET" || http_1_0 || !has_token(request.header("connection"), "upgrade")) {
        return refusal(400, "a WebSocket begins with GET and 'Connection: Upgrade' in HTTP/1.1");
    }
    if (request.header("sec-websocket-version") != "13") {
        return refusal(426, "only WebSocket version 13 is spoken here").header("Sec-WebSocket-Version", "13");
    }
    const std::string_view key = request.header("sec-websocket-key");
    if (!is_key(key)) return refusal(400, "Sec-WebSocket-Key is not 16 bytes in base64");
    return fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\nServer: rill\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(key));
}

std::string frame_header(Opcode opcode, std::size_t payload_bytes) {
    std::string header(1, static_cast<char>(0x80 | static_cast<unsigned>(opcode)));
    if (payload_bytes <= control_limit) return header + big_endian(payload_bytes, 1);
    if (payload_bytes <= 0xffff) return header + big_endian(126, 1) + big_endian(payload_bytes, 2);
    return header + big_endian(127, 1) + big_endian(payload_bytes, 8);
}

std::string close_payload(int code, std::string_view reason) {
    std::size_t size = std::min(reason.size(), control_limit - 2);
    while (size > 0 && !valid_utf8(reason.substr(0, size)))
        --size;
    return big_endian(static_cast<std::uint64_t>(code), 2) + std::string(reason.substr(0, size));
}

FrameReader::Event FrameReader::next() {
    while (true) {
        Event event = next_frame();
        if (!std::holds_alternative<Fragment>(event)) return event;
    }
}

FrameReader::Event FrameReader::next_frame() {
    const std::string_view rest = std::string_view(input_).substr(taken_);
    const auto needs_more = [this] {
        input_.erase(0, std::exchange(taken_, 0));
        return NeedsMore{};
    };
    if (rest.size() < 2) return needs_more();

    const auto first = static_cast<unsigned char>(rest[0]);
    const auto second = static_cast<unsigned char>(rest[1]);
    const bool final = (first & 0x80) != 0;
    const auto opcode = static_cast<Opcode>(first & 0x0f);
    const bool control = (first & 0x08) != 0;
    if ((first & 0x70) != 0) return Failure{CloseCode::protocol_error, "reserved bits are set"};
    if (!is_known(opcode)) return Failure{CloseCode::protocol_error, "unknown kind of frame"};
    if ((second & 0x80) == 0) return Failure{CloseCode::protocol_error, "a client must mask its frames"};

    std::uint64_t length = second & 0x7f;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (rest.size() < 2 + length_bytes) return needs_more();
    if (length_bytes > 0) length = big_endian(rest.substr(2, length_bytes));
    if (control && (!final || length > control_limit)) {
        return Failure{CloseCode::protocol_error, "a control frame is fragmented or too long"};
    }
    const std::size_t held = control ? 0 : message_.payload.size();
    if (length > limit_ - held && !control) return Failure{CloseCode::too_big, "the message is too large"};

    const std::size_t header = 2 + length_bytes + mask_bytes;
    if (rest.size() < header || rest.size() - header < length) return needs_more();
    const std::string_view mask = rest.substr(header - mask_bytes, mask_bytes);
    std::string payload(rest.substr(header, static_cast<std::size_t>(length)));
    for (std::size_t at = 0; at < payload.size(); ++at) {
        payload[at] = static_cast<char>(payload[at] ^ mask[at % mask_bytes]);
    }
    taken_ += header + payload.size();
    if (control) return Message{opcode, std::move(payload)};
    return take_fragment(opcode, final, std::move(payload));
}

FrameReader::Event FrameReader::take_fragment(Opcode opcode, bool final, std::string payload) {
    if ((opcode == Opcode::continuation) != in_message_) {
        return Failure{CloseCode::protocol_error, "the fragments of a message are out of order"};
    }
    if (!in_message_) message_.opcode = opcode;
    in_message_ = !final;
    message_.payload += payload;
    if (!final) return Fragment{};

    Message complete = std::exchange(message_, Message{});
    if (complete.opcode == Opcode::text && !valid_utf8(complete.payload)) {
        return Failure{CloseCode::invalid_data, "a text message is not UTF-8"};
    }
    return complete;
}

}  // namespace rill::http
