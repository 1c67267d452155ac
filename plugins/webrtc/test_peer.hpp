// A viewer for tests: GStreamer's own webrtcbin, which receives one H.264 stream over loopback.
#pragma once

#include <rill/loop.hpp>
#include <rill/pipeline.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rill::webrtc::test {

/// Threading: the test's thread.
class Peer {
  public:
    explicit Peer(Loop& loop);
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer();

    /// With all candidates.
    std::string offer();
    void accept(const std::string& answer);
    /// RTP payloads received so far, without headers.
    std::vector<std::vector<std::uint8_t>> payloads() const;
    unsigned gaps_in_sequence() const;
    /// Sends a PLI.
    void ask_for_keyframe();

  private:
    struct State;
    std::shared_ptr<State> state_;
    Pipeline pipeline_;
    GstElement* webrtcbin_;
};

}  // namespace rill::webrtc::test
