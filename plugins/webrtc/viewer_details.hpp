// What the API says of a WebRTC session beside what it says of every reader.
#pragma once

#include "transport.hpp"

#include <rill/sink.hpp>

#include <mutex>

namespace rill::webrtc {

class ViewerDetails final : public ReaderDetails {
  public:
    /// The path's loop, from the moment when the connection stands.
    void update(TransportStatistics statistics) {
        const std::lock_guard lock(mutex_);
        statistics_ = std::move(statistics);
        is_connected_ = true;
    }

    Json read() const override {
        const std::lock_guard lock(mutex_);
        return Json::object()
            .set("peerConnectionEstablished", is_connected_)
            .set("localCandidate", statistics_.local_candidate)
            .set("remoteCandidate", statistics_.remote_candidate)
            .set("outboundRTPPackets", statistics_.packets_queued);
    }

  private:
    mutable std::mutex mutex_;
    // Locked: mutex_.
    TransportStatistics statistics_;
    bool is_connected_ = false;
};

}  // namespace rill::webrtc
