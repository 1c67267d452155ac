#include "scripted_camera.hpp"

#include <fmt/format.h>

#include <vector>

namespace rill::test {

namespace {

constexpr std::size_t samples = 160;  // 20 ms
constexpr gint64 packet_us = 20'000;

void put16(std::vector<std::uint8_t>& out, unsigned value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}
void put32(std::vector<std::uint8_t>& out, std::uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}
/// RFC 2326 §10.12.
void put_interleaved(std::vector<std::uint8_t>& out, std::uint8_t channel,
                     const std::vector<std::uint8_t>& packet) {
    out.push_back('$');
    out.push_back(channel);
    put16(out, static_cast<unsigned>(packet.size()));
    out.insert(out.end(), packet.begin(), packet.end());
}

std::string header(const std::string& request, const std::string& name) {
    const std::size_t at = request.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return request.substr(begin, request.find("\r\n", begin) - begin);
}

}  // namespace

ScriptedCamera::ScriptedCamera(Script script)
    : script_(std::move(script)), listener_(Ref<GSocketListener>::adopt(g_socket_listener_new())) {
    port_ = g_socket_listener_add_any_inet_port(listener_.get(), nullptr, nullptr);
    thread_ = std::thread([this] { serve(); });
}

ScriptedCamera::~ScriptedCamera() {
    g_cancellable_cancel(end_.get());
    thread_.join();
}

std::string ScriptedCamera::url(const std::string& credentials) const {
    return fmt::format("rtsp://{}127.0.0.1:{}/stream", credentials.empty() ? "" : credentials + "@", port_);
}

int ScriptedCamera::requests(const std::string& method) {
    const std::lock_guard lock(mutex_);
    return requests_[method];
}

std::string ScriptedCamera::transport() {
    const std::lock_guard lock(mutex_);
    return transport_;
}

void ScriptedCamera::serve() {
    while (g_cancellable_is_cancelled(end_.get()) == FALSE) {
        const auto connection = Ref<GSocketConnection>::adopt(
            g_socket_listener_accept(listener_.get(), nullptr, end_.get(), nullptr));
        if (connection) talk(connection.get());
    }
}

void ScriptedCamera::talk(GSocketConnection* connection) {
    GSocket* socket = g_socket_connection_get_socket(connection);
    GOutputStream* output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    std::string in;
    playing_ = false;
    gint64 next_packet = g_get_monotonic_time();
    while (g_cancellable_is_cancelled(end_.get()) == FALSE) {
        if (playing_ && g_get_monotonic_time() >= next_packet) {
            send_packet(output);
            next_packet += packet_us;
        }
        if (g_socket_condition_timed_wait(socket, G_IO_IN, 5'000, end_.get(), nullptr) == FALSE) continue;
        char bytes[4096];
        const gssize count = g_socket_receive(socket, bytes, sizeof bytes, nullptr, nullptr);
        if (count <= 0) return;
        in.append(bytes, static_cast<std::size_t>(count));
        while (!in.empty()) {
            if (in[0] == '$') {
                if (in.size() < 4) break;
                const std::size_t size =
                    4 + static_cast<std::uint8_t>(in[2]) * 256u + static_cast<std::uint8_t>(in[3]);
                if (in.size() < size) break;
                in.erase(0, size);
                continue;
            }
            const std::size_t end = in.find("\r\n\r\n");
            if (end == std::string::npos) break;
            const std::string request = in.substr(0, end + 4);
            in.erase(0, end + 4);
            const bool was_playing = playing_;
            const std::string response = answer(request);
            g_output_stream_write_all(output, response.data(), response.size(), nullptr, nullptr, nullptr);
            if (!was_playing && playing_) next_packet = g_get_monotonic_time();
        }
    }
}

std::string ScriptedCamera::answer(const std::string& request) {
    const std::string method = request.substr(0, request.find(' '));
    {
        const std::lock_guard lock(mutex_);
        ++requests_[method];
        if (method == "SETUP") transport_ = header(request, "Transport");
    }
    const int status = script_.status(method);
    if (status == 0) return "";
    std::string out = fmt::format("RTSP/1.0 {} Scripted\r\nCSeq: {}\r\n", status, header(request, "CSeq"));
    if (status == 401) out += "WWW-Authenticate: Digest realm=\"camera\", nonce=\"abc\"\r\n";
    if (status != 200) return out + "\r\n";
    if (method == "OPTIONS") out += "Public: " + script_.methods + "\r\n";
    if (method == "SETUP") {
        out += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        out += fmt::format("Session: 12345678;timeout={}\r\n", script_.session_timeout);
    }
    if (method == "PLAY") playing_ = true;
    if (method == "TEARDOWN") playing_ = false;
    if (method != "DESCRIBE") return out + "\r\n";
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n" +
        script_.sdp;
    return out + fmt::format("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n", sdp.size()) + sdp;
}

void ScriptedCamera::send_packet(GOutputStream* stream) {
    std::vector<std::uint8_t> out;
    if (restart_.exchange(false)) {
        // An empty receiver report, as a compound packet has to begin with, and BYE (RFC 3550 §6.6).
        std::vector<std::uint8_t> bye{0x80, 201, 0, 1};
        put32(bye, ssrc_);
        bye.insert(bye.end(), {0x81, 203, 0, 1});
        put32(bye, ssrc_);
        put_interleaved(out, 1, bye);
        ssrc_ += 0x11111111;
        sequence_ = 7;
        time_ = 12345;
    }
    std::vector<std::uint8_t> packet{0x80, 0};
    put16(packet, sequence_++);
    put32(packet, time_);
    put32(packet, ssrc_);
    packet.resize(packet.size() + samples, 0xff);
    time_ += samples;
    put_interleaved(out, 0, packet);
    g_output_stream_write_all(stream, out.data(), out.size(), nullptr, nullptr, nullptr);
}

}  // namespace rill::test
