#include "fake_host.hpp"

#include <algorithm>

namespace rill::hls::testing {

class FakeHost::FakeLink final : public Link {
  public:
    FakeLink(std::shared_ptr<std::vector<std::shared_ptr<Endpoint>>> all, std::shared_ptr<Endpoint> own)
        : all_(std::move(all)), own_(std::move(own)) {
        all_->push_back(own_);
    }
    ~FakeLink() override { std::erase(*all_, own_); }
    UnitPtr take() override {
        const std::lock_guard lock(own_->mutex);
        if (own_->queue.empty()) return nullptr;
        UnitPtr unit = std::move(own_->queue.front());
        own_->queue.pop_front();
        return unit;
    }
    LinkStatistics statistics() const override { return {}; }

  private:
    std::shared_ptr<std::vector<std::shared_ptr<Endpoint>>> all_;
    std::shared_ptr<Endpoint> own_;
};

namespace {

std::optional<Rendition> rendered_picture(const Track& track) {
    return track.format->kind == Kind::video ? track.rendition : std::nullopt;
}

}  // namespace

Result<Track> FakeHost::render(const Track& track, const Rendition& rendition) {
    if (refusal_) return *refusal_;
    if (!renders_) return Error{Code::unavailable, "no encoder for MPEG-4 Audio is installed"};
    return Track{track.index, std::make_shared<const Format>(rendered_format(*track.format, rendition)),
                 rendition};
}

std::unique_ptr<Link> FakeHost::link(const Track& track, LinkSpec spec) {
    auto endpoint = std::make_shared<Endpoint>();
    endpoint->track = track.index;
    endpoint->ready = std::move(spec.ready);
    for (const auto& [index, unit] : since_keyframe_)
        if (index == track.index) endpoint->queue.push_back(unit);
    return std::make_unique<FakeLink>(endpoints_, std::move(endpoint));
}

std::unique_ptr<Link> FakeHost::subscribe(const Track& track, LinkSpec,
                                          std::function<void(UnitPtr)> deliver) {
    auto endpoint = std::make_shared<Endpoint>();
    endpoint->track = track.index;
    endpoint->picture = rendered_picture(track);
    endpoint->deliver = std::move(deliver);
    return std::make_unique<FakeLink>(endpoints_, std::move(endpoint));
}

void FakeHost::failed(Error error) {
    const std::lock_guard lock(mutex_);
    failure_ = error.message;
}

std::string FakeHost::failure() {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void FakeHost::deliver(std::size_t track, const UnitPtr& unit) {
    if (unit->keyframe && unit->format->kind == Kind::video) since_keyframe_.clear();
    since_keyframe_.emplace_back(track, unit);
    // Taking a unit may end links and make others.
    const auto endpoints = *endpoints_;
    for (const auto& endpoint : endpoints) {
        if (endpoint->track != track || endpoint->picture) continue;
        if (endpoint->deliver) {
            endpoint->deliver(unit);
            continue;
        }
        {
            const std::lock_guard lock(endpoint->mutex);
            endpoint->queue.push_back(unit);
        }
        endpoint->ready();
    }
}

void FakeHost::deliver_rendered(const Rendition& rendition, const UnitPtr& unit) {
    const auto endpoints = *endpoints_;
    for (const auto& endpoint : endpoints) {
        if (endpoint->picture == rendition) endpoint->deliver(unit);
    }
}

std::size_t FakeHost::rendered_links() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        *endpoints_, [](const auto& endpoint) { return endpoint->picture.has_value(); }));
}

void FakeHost::pump() {
    while (g_main_context_iteration(loop_.context(), FALSE)) {
    }
}

bool FakeHost::wait_until(const std::function<bool()>& reached) {
    bool late = false;
    const Timer timeout = loop_.after(std::chrono::seconds(30), [&late] { late = true; });
    while (!reached()) {
        if (late) return false;
        g_main_context_iteration(loop_.context(), TRUE);
    }
    return true;
}

}  // namespace rill::hls::testing
