// One rendition of one track: when it is made, and what is done when that fails.
#pragma once

#include "hub/backoff.hpp"
#include "hub/stream.hpp"
#include "transcoder.hpp"
#include "util/permits.hpp"

#include <rill/door.hpp>
#include <rill/link.hpp>
#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/stall_watch.hpp>
#include <rill/status.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rill {

/// Made for the first who asks, and again after a failure, with a back-off: then links see a gap. A device
/// that fails is not asked again. Linked to the source only while it has links or is new.
///
/// Threading: the path's loop. Links may end on any thread.
class RenderedTrack : public std::enable_shared_from_this<RenderedTrack> {
  public:
    struct Given {
        std::shared_ptr<Stream> source;
        Track track;  ///< of the source
        Rendition rendition;
        Permits::Permit permit;
        Loop* loop;
        Log log;
        std::chrono::milliseconds linger;
        std::function<void()> unused;  ///< for so long: forget it. It may be destroyed in the call
        std::function<void()> changed;
    };
    explicit RenderedTrack(Given given);
    RenderedTrack(const RenderedTrack&) = delete;
    RenderedTrack& operator=(const RenderedTrack&) = delete;
    ~RenderedTrack();

    /// Error: unavailable, as Transcoder::create(). Before anything else.
    Result<> begin();
    std::unique_ptr<Link> link(LinkSpec spec);
    void request_keyframe();
    /// The source's track has this format now.
    void follow(const std::shared_ptr<const Format>& format);
    /// Once a second.
    void second();
    RenditionStatus status() const;

  private:
    class CountedLink;
    Result<> attempt();
    void failed(const Error& error);
    void left();
    std::uint64_t given_out() const;

    Given given_;
    const Log log_;
    const std::shared_ptr<Stream> out_;
    const std::shared_ptr<Door> door_;

    std::unique_ptr<Transcoder> transcoder_;
    Hardware hardware_ = Hardware::preferred;
    std::size_t links_ = 0;
    std::string reason_;
    std::uint64_t failures_ = 0;
    std::chrono::microseconds cpu_time_before_{0};  // of transcoders that are gone
    Nanoseconds began_{0};
    Backoff backoff_;
    Timer retry_, linger_;
    StallWatch watch_{Nanoseconds(0)};  // of the transcoder
};

}  // namespace rill
