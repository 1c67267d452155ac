// A plain RTSP client over TCP for the tests of the simulator.
#pragma once

#include <rill/ref.hpp>

#include <gst/rtsp/rtsp.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rill::camera {

struct Packet {
    int channel = 0;
    std::vector<std::uint8_t> bytes;

    std::uint32_t timestamp() const;
    int nal_type() const { return bytes.size() > 12 ? bytes[12] & 0x1F : -1; }  ///< of H.264 (RFC 6184)
};

struct Response {
    int status = 0;                              ///< 0: none came
    std::map<std::string, std::string> headers;  ///< the first part of those that are lists
    std::string body;
};

/// Every call blocks, at most as long as it says. For one thread at a time.
class TestClient {
  public:
    explicit TestClient(std::string url);
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;
    ~TestClient();

    bool connected() const { return connected_; }
    Response request(GstRTSPMethod method, const std::string& path = "", const std::string& transport = "",
                     std::chrono::milliseconds patience = std::chrono::seconds(20));
    /// DESCRIBE, SETUP of so many streams on the channels 0, 2, …, and PLAY. Returns the answer to PLAY.
    Response play(int streams = 1);
    /// The next packet on one of the streams' RTP or RTCP channels; none when nothing comes, or the end.
    std::optional<Packet> packet(std::chrono::milliseconds patience = std::chrono::seconds(20));
    /// The next RTP packet of the first stream for which `wanted` holds.
    template <class Wanted>
    std::optional<Packet> video(Wanted wanted) {
        while (auto next = packet())
            if (next->channel == 0 && wanted(*next)) return next;
        return std::nullopt;
    }
    /// Whether the server closed the connection; waits for it.
    bool closed();
    /// The methods of the requests that the server sent.
    const std::vector<GstRTSPMethod>& requests() const { return requests_; }

  private:
    struct Message;
    bool receive(Message& message, std::chrono::steady_clock::time_point end);

    std::string url_;
    GstRTSPConnection* connection_ = nullptr;
    bool connected_ = false;
    bool ended_ = false;
    std::string session_;
    std::vector<GstRTSPMethod> requests_;
};

}  // namespace rill::camera
