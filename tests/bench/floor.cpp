// What sending one viewer's 2 Mbit/s costs this machine's kernel and ciphers, and nothing else: the least
// that any server pays here. Prints shares of a core, as JSON.
//
// Frames of nine packets go to fifty loopback sockets, back to back, and only the sender's own CPU time
// counts. On loopback that includes what the receiving half of the kernel does with a packet; a network card
// would have its driver there.
#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <srtp2/srtp.h>
#include <string>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int viewers = 50;
constexpr int frames_per_second = 25;
constexpr int bitrate = 2'000'000;
constexpr int frame_bytes = bitrate / 8 / frames_per_second;
constexpr int header_bytes = 12;
constexpr int payload_bytes = 1150;
constexpr int packets_per_frame = (frame_bytes + payload_bytes - 1) / payload_bytes;
constexpr int frames = 2 * frames_per_second;
constexpr int rounds = 5;

void require(bool holds, const char* what) {
    if (holds) return;
    fmt::print(stderr, "floor: {}: {}\n", what, std::strerror(errno));
    std::exit(1);
}

class Socket {
  public:
    Socket(int type, const char* what) : descriptor_(socket(AF_INET, type, 0)) {
        require(descriptor_ >= 0, what);
    }
    explicit Socket(int descriptor) : descriptor_(descriptor) { require(descriptor_ >= 0, "accept"); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(descriptor_); }

    int get() const { return descriptor_; }
    sockaddr_in bind_to_loopback() const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        require(bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
        require(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
        return address;
    }

  private:
    const int descriptor_;
};

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// The least CPU time of some rounds of frames, as the share of a core that one viewer or camera takes.
double share(int streams, const std::function<void()>& measured, const std::function<void()>& around) {
    double least = 1e9;
    for (int round = 0; round < rounds; ++round) {
        double spent = 0;
        for (int frame = 0; frame < frames; ++frame) {
            const double start = cpu_seconds();
            measured();
            spent += cpu_seconds() - start;
            around();
        }
        least = std::min(least, spent);
    }
    return least / streams * frames_per_second / frames;
}

enum class Cipher { none, aes_cm_sha1, aes_gcm };

/// One viewer's packets, in one piece of memory, as UDP GSO wants them.
class Stream {
  public:
    explicit Stream(Cipher cipher) {
        if (cipher == Cipher::none) return;
        srtp_policy_t policy{};
        const auto set = cipher == Cipher::aes_gcm ? srtp_crypto_policy_set_aes_gcm_128_16_auth
                                                   : srtp_crypto_policy_set_rtp_default;
        set(&policy.rtp);
        set(&policy.rtcp);
        policy.ssrc.type = ssrc_any_outbound;
        policy.key = key_.data();
        require(srtp_create(&srtp_, &policy) == srtp_err_status_ok, "srtp_create");
    }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() {
        if (srtp_ != nullptr) srtp_dealloc(srtp_);
    }

    /// Writes the next frame's packets, and what each but the last is long.
    int write_frame(const std::vector<std::uint8_t>& media) {
        size_ = 0;
        int segment = 0;
        int left = frame_bytes;
        for (int index = 0; index < packets_per_frame; ++index) {
            std::uint8_t* packet = memory_.data() + size_;
            const int payload = std::min(left, payload_bytes);
            const std::uint16_t sequence = htons(sequence_++);
            const std::array<std::uint8_t, 2> start{0x80, 96};
            std::memcpy(packet, start.data(), start.size());
            std::memcpy(packet + 2, &sequence, sizeof sequence);
            std::memset(packet + 4, 1, 8);
            std::memcpy(packet + header_bytes, media.data() + (frame_bytes - left), payload);
            int length = header_bytes + payload;
            if (srtp_ != nullptr)
                require(srtp_protect(srtp_, packet, &length) == srtp_err_status_ok, "srtp_protect");
            segment = std::max(segment, length);
            size_ += length;
            left -= payload;
        }
        return segment;
    }
    const std::uint8_t* data() const { return memory_.data(); }
    int size() const { return size_; }

  private:
    srtp_t srtp_ = nullptr;
    std::array<std::uint8_t, 64> key_{1, 2, 3};
    std::uint16_t sequence_ = 0;
    int size_ = 0;
    std::vector<std::uint8_t> memory_ = std::vector<std::uint8_t>(65536);
};

/// One socket to fifty: what a server needs that has one UDP port for all.
class Sender {
  public:
    Sender(Cipher cipher, bool gso) : gso_(gso) {
        for (int viewer = 0; viewer < viewers; ++viewer) {
            streams_.push_back(std::make_unique<Stream>(cipher));
            receivers_.push_back(std::make_unique<Socket>(SOCK_DGRAM, "socket"));
            addresses_.push_back(receivers_.back()->bind_to_loopback());
        }
    }

    double measure() {
        return share(
            viewers, [this] { send_frame(); }, [this] { drain(); });
    }

  private:
    void send_frame() {
        for (std::size_t viewer = 0; viewer < viewers; ++viewer) {
            Stream& stream = *streams_[viewer];
            const int segment = stream.write_frame(media_);
            if (gso_) {
                send_segmented(stream, segment, addresses_[viewer]);
                continue;
            }
            for (int at = 0; at < stream.size(); at += segment) {
                const auto length = static_cast<std::size_t>(std::min(segment, stream.size() - at));
                const auto sent =
                    sendto(socket_.get(), stream.data() + at, length, 0,
                           reinterpret_cast<const sockaddr*>(&addresses_[viewer]), sizeof addresses_[viewer]);
                require(sent == static_cast<ssize_t>(length), "sendto");
            }
        }
    }

    void send_segmented(const Stream& stream, int segment, sockaddr_in& to) {
        iovec data{const_cast<std::uint8_t*>(stream.data()), static_cast<std::size_t>(stream.size())};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
        msghdr message{};
        message.msg_name = &to;
        message.msg_namelen = sizeof to;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto size = static_cast<std::uint16_t>(segment);
        std::memcpy(CMSG_DATA(header), &size, sizeof size);
        require(sendmsg(socket_.get(), &message, 0) == stream.size(), "sendmsg with UDP_SEGMENT");
    }

    /// Every packet must have arrived: one that is dropped is cheaper.
    void drain() {
        std::array<std::uint8_t, 2048> packet;
        for (const auto& receiver : receivers_)
            for (int index = 0; index < packets_per_frame; ++index)
                require(recv(receiver->get(), packet.data(), packet.size(), MSG_DONTWAIT) > 0, "recv");
    }

    const bool gso_;
    const std::vector<std::uint8_t> media_ = std::vector<std::uint8_t>(frame_bytes, 0x5a);
    const Socket socket_{SOCK_DGRAM, "socket"};
    std::vector<std::unique_ptr<Stream>> streams_;
    std::vector<std::unique_ptr<Socket>> receivers_;
    std::vector<sockaddr_in> addresses_;
};

/// What reading a camera's frame from a TCP connection costs.
double tcp_read() {
    const Socket listener(SOCK_STREAM, "socket");
    sockaddr_in address = listener.bind_to_loopback();
    require(listen(listener.get(), 1) == 0, "listen");
    const Socket camera(SOCK_STREAM, "socket");
    require(connect(camera.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
    const Socket reader(accept(listener.get(), nullptr, nullptr));

    const std::vector<std::uint8_t> frame(frame_bytes, 0x5a);
    std::vector<std::uint8_t> memory(frame_bytes);
    const auto write_frame = [&] {
        require(send(camera.get(), frame.data(), frame.size(), 0) == frame_bytes, "send");
    };
    write_frame();
    return share(
        1,
        [&] {
            require(recv(reader.get(), memory.data(), memory.size(), MSG_WAITALL) == frame_bytes, "recv");
        },
        write_frame);
}

}  // namespace

int main() {
    require(srtp_init() == srtp_err_status_ok, "srtp_init");
    const auto measure = [](Cipher cipher, bool gso) { return Sender(cipher, gso).measure(); };
    fmt::print("{{\"sendto\":{:.6f},\"gso\":{:.6f},", measure(Cipher::none, false),
               measure(Cipher::none, true));
    fmt::print("\"gcm_sendto\":{:.6f},\"gcm_gso\":{:.6f},", measure(Cipher::aes_gcm, false),
               measure(Cipher::aes_gcm, true));
    fmt::print("\"sha1_sendto\":{:.6f},", measure(Cipher::aes_cm_sha1, false));
    fmt::print("\"tcp_read\":{:.6f}}}\n", tcp_read());
}
