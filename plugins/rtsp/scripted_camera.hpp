// An RTSP server of a few lines that misbehaves as a test says: G.711 over TCP, one client at a time.
#pragma once

#include <rill/ref.hpp>

#include <gio/gio.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace rill::test {

class ScriptedCamera {
  public:
    struct Script {
        std::string methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER";
        int session_timeout = 60;
        /// The status of an answer; 0: no answer at all.
        std::function<int(const std::string& method)> status = [](const std::string&) { return 200; };
        std::string sdp = "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:track1\r\n";
    };
    explicit ScriptedCamera(Script script);
    ~ScriptedCamera();

    std::string url(const std::string& credentials = "") const;
    int requests(const std::string& method);
    /// The newest "Transport" header of a SETUP.
    std::string transport();
    /// Goes on with another SSRC, after an RTCP BYE for the one before.
    void restart_encoder() { restart_ = true; }

  private:
    void serve();
    void talk(GSocketConnection* connection);
    std::string answer(const std::string& request);
    void send_packet(GOutputStream* stream);

    const Script script_;
    Ref<GSocketListener> listener_;
    Ref<GCancellable> end_ = Ref<GCancellable>::adopt(g_cancellable_new());
    int port_ = 0;
    std::atomic<bool> restart_{false};
    std::mutex mutex_;
    std::map<std::string, int> requests_;  // locked: mutex_
    std::string transport_;                // locked: mutex_
    // The thread's.
    bool playing_ = false;
    std::uint16_t sequence_ = 100;
    std::uint32_t time_ = 0;
    std::uint32_t ssrc_ = 0x11111111;
    std::thread thread_;
};

}  // namespace rill::test
