// The renditions beside a presentation: each is made while somebody asks for it.
#pragma once

#include "feed.hpp"
#include "presentation.hpp"
#include "timeline.hpp"

#include <rill/clock.hpp>
#include <rill/sink.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill::hls {

/// A variant's media playlist has one URI, which the multivariant playlist says before anything is made. A
/// request for it begins the rendition, a presentation and its feed; some seconds after the last request for
/// any of it they end. The next one goes on in the media sequence, in new names.
///
/// Threading: the path's loop.
class Variants {
  public:
    struct Given {
        SinkHost& host;
        const Clock& clock;
        const Settings& settings;
        const Presentation& main;  ///< beside which they are
        const Timeline& timeline;  ///< of the main one
        std::shared_ptr<SegmentFiles> files;
    };
    explicit Variants(Given given) : given_(std::move(given)) {}
    Variants(const Variants&) = delete;
    Variants& operator=(const Variants&) = delete;

    /// The source's tracks, and what the main feed says that is to be followed (Feed::leader).
    void update(std::vector<Track> sources);
    /// What the multivariant playlist says; see Offer.
    std::vector<VariantStream> offer(const Format& lead, double frame_rate) const;
    /// False: it is none of theirs, and `reply` was not called.
    bool serve(std::string_view name, const http::Request& request, const std::string& suffix,
               const std::optional<Leader>& leader, const Reply& reply);
    /// Once a second.
    void tick();
    void end(const Error& reason);
    /// Whether any request waits.
    bool held() const;

  private:
    /// Made now.
    struct Made {
        Rendition rendition;
        Track picture;
        std::unique_ptr<Presentation> presentation;
        std::unique_ptr<Feed> feed;  // after what it fills
        Nanoseconds last_request{0};
    };
    const Rendition* rung_of(std::string_view name, const std::vector<Rendition>& rungs) const;
    std::vector<Rendition> rungs() const;
    Result<Made*> make(const Rendition& rendition, const Leader& leader);
    std::vector<Track> tracks_with(const Track& picture) const;
    void end_one(const std::string& name, const Error& reason);

    const Given given_;
    std::vector<Track> sources_;
    std::map<std::string, Made, std::less<>> made_;                    // by name
    std::map<std::string, std::uint64_t, std::less<>> next_sequence_;  // of those that ended
};

}  // namespace rill::hls
