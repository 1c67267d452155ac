#include "renditions.hpp"

#include <fmt/format.h>

#include <chrono>

namespace rill {

using namespace std::chrono_literals;

namespace {

/// Of what could not be made.
class EmptyLink final : public Link {
  public:
    UnitPtr take() override { return nullptr; }
    LinkStatistics statistics() const override { return {}; }
};

Result<> check(const Track& track, const Rendition& rendition) {
    if (track.rendition)
        return Error{Code::invalid_config,
                     "a rendition is made of the source's own track, not of another one"};
    const bool fits = kind_of(rendition.codec) == track.format->kind;
    if (fits && rendition.max_height >= 0) return ok();
    return Error{Code::invalid_config, fmt::format("{} cannot be made of {}", to_string(rendition),
                                                   to_string(track.format->codec))};
}

}  // namespace

Renditions::Renditions(Given given) : given_(std::move(given)) {}

Result<Track> Renditions::render(const Track& track, const Rendition& rendition) {
    given_.loop->assert_owner();
    if (const auto checked = check(track, rendition); !checked) return checked.error();
    const auto found = find_or_make(track, rendition);
    if (!found) return found.error();
    return Track{track.index, std::make_shared<const Format>(rendered_format(*track.format, rendition)),
                 rendition};
}

Result<std::shared_ptr<RenderedTrack>> Renditions::find_or_make(const Track& track,
                                                                const Rendition& rendition) {
    const Key key{track.index, rendition};
    if (const auto found = tracks_.find(key); found != tracks_.end()) return found->second;
    Permits::Permit permit;
    if (kind_of(rendition.codec) == Kind::video) {
        permit = given_.limit->take();
        if (!permit) {
            return Error{Code::too_many, fmt::format("{} pictures are encoded already, which is the limit "
                                                     "(maxTranscodes)",
                                                     given_.limit->most())};
        }
    }
    const auto made = std::make_shared<RenderedTrack>(RenderedTrack::Given{.source = given_.source,
                                                                           .track = track,
                                                                           .rendition = rendition,
                                                                           .permit = std::move(permit),
                                                                           .loop = given_.loop,
                                                                           .log = given_.log,
                                                                           .linger = given_.linger,
                                                                           .unused =
                                                                               [this, key] {
                                                                                   tracks_.erase(key);
                                                                                   publish();
                                                                               },
                                                                           .changed = [this] { publish(); }});
    if (const auto begun = made->begin(); !begun) return begun.error();
    tracks_.emplace(key, made);
    if (!seconds_.active()) {
        seconds_ = given_.loop->every(1s, [this] {
            for (const auto& [each, rendered] : tracks_)
                rendered->second();
            publish();
        });
    }
    publish();
    return made;
}

std::unique_ptr<Link> Renditions::link(const Track& track, LinkSpec spec) {
    given_.loop->assert_owner();
    Track source = track;
    source.rendition.reset();
    // A sink may link late, to what has ended meanwhile.
    for (const Track& each : given_.source->tracks()) {
        if (each.index == track.index) source.format = each.format;
    }
    const auto found = find_or_make(source, *track.rendition);
    if (found) return (*found)->link(std::move(spec));
    given_.log.warning("rendition {}: {}", to_string(*track.rendition), found.error().message);
    return std::make_unique<EmptyLink>();
}

void Renditions::request_keyframe(const Track& track) {
    const auto found = tracks_.find({track.index, *track.rendition});
    if (found != tracks_.end()) found->second->request_keyframe();
}

void Renditions::follow(const std::vector<Track>& tracks) {
    for (const Track& track : tracks) {
        for (const auto& [key, rendered] : tracks_) {
            if (key.first == track.index) rendered->follow(track.format);
        }
    }
}

void Renditions::clear() {
    tracks_.clear();
    publish();
}

void Renditions::publish() {
    if (tracks_.empty()) seconds_.cancel();
    std::vector<RenditionStatus> status;
    for (const auto& [key, rendered] : tracks_)
        status.push_back(rendered->status());
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
}

std::vector<RenditionStatus> Renditions::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

}  // namespace rill
