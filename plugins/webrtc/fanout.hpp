// One track, packetised once, to every viewer of it.
#pragma once

#include "feed.hpp"

#include <rill/media/rtp.hpp>
#include <rill/sink.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace rill::webrtc {

/// Linked to the track as long as it lives. Keeps what followed the last keyframe, for viewers that begin;
/// the memory is that of the path's own cache.
///
/// Threading: made, used and destroyed on the path's loop. Units arrive on the track's streaming thread and
/// are handed to the feeds there.
class Fanout {
  public:
    /// `out_of_order` is called at most once, on any thread, when is_out_of_order() has become true later
    /// than in the constructor.
    Fanout(SinkHost& host, const Track& track, std::function<void()> out_of_order);
    Fanout(const Fanout&) = delete;
    Fanout& operator=(const Fanout&) = delete;
    ~Fanout();

    const Track& track() const { return track_; }
    /// Browsers show pictures in the order of decoding. Pictures that no other refers to are left out where
    /// they stand in the way of that. True when it does not suffice, because others are out of order, too,
    /// or when less than half of the pictures would be left.
    bool is_out_of_order() const { return is_out_of_order_; }
    /// From now on the feed gets every unit, beginning with the last keyframe.
    void add(const std::shared_ptr<Feed>& feed);
    void remove(const Feed& feed);
    /// Starts the feed again from the last keyframe.
    void replay(Feed& feed);

  private:
    using Feeds = std::vector<std::shared_ptr<Feed>>;
    struct Start {
        std::vector<rtp::PayloadPtr> cached;
        Nanoseconds transit;
    };

    void wake();
    void drain();
    void deliver(const UnitPtr& unit);
    bool is_in_the_way(const AccessUnit& unit);
    void judge(const AccessUnit& unit, bool is_left_out);
    void remember(const rtp::PayloadPtr& payload);
    Start start() const;

    const Track track_;
    const Log log_;
    const std::function<void()> out_of_order_;

    // Touched on the streaming thread only.
    rtp::Packetiser packetiser_;
    Nanoseconds last_pts_{0};
    Nanoseconds last_kept_pts_{0};
    bool reorders_ = false;
    unsigned pictures_ = 0, left_out_ = 0;  // since the last keyframe
    std::atomic<bool> is_made_{false};
    std::atomic<bool> is_out_of_order_{false};

    mutable std::mutex mutex_;
    // Locked: mutex_. The list is replaced, never changed, so that it can be walked without the lock.
    std::shared_ptr<const Feeds> feeds_ = std::make_shared<const Feeds>();
    std::deque<rtp::PayloadPtr> gop_;
    std::size_t gop_bytes_ = 0;
    Nanoseconds transit_{0};

    std::atomic<unsigned> wakes_{0};
    std::atomic<Link*> source_{nullptr};
    std::unique_ptr<Link> link_;  // last: gone before what its callback touches
};

}  // namespace rill::webrtc
