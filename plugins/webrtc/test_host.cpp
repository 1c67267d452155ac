#include "test_host.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <chrono>

namespace rill::webrtc::test {

class TestHost::TestLink final : public Link {
  public:
    TestLink(TestHost& host, std::size_t track, LinkSpec spec)
        : track(track), host_(host), spec_(std::move(spec)) {}
    ~TestLink() override {
        const std::lock_guard lock(host_.mutex_);
        host_.links_.erase(this);
    }
    UnitPtr take() override {
        const std::lock_guard lock(mutex_);
        if (units_.empty()) return nullptr;
        auto unit = units_.front();
        units_.pop_front();
        return unit;
    }
    LinkStatistics statistics() const override { return {}; }
    void push(const UnitPtr& unit) {
        {
            const std::lock_guard lock(mutex_);
            units_.push_back(unit);
        }
        spec_.ready();
    }

    const std::size_t track;

  private:
    TestHost& host_;
    LinkSpec spec_;
    std::mutex mutex_;
    std::deque<UnitPtr> units_;
};

Result<Track> TestHost::render(const Track& track, const Rendition& rendition) {
    if (render_error) return *render_error;
    rendered.push_back(rendition);
    return Track{track.index, std::make_shared<const Format>(rendered_format(*track.format, rendition)),
                 rendition};
}

std::unique_ptr<Link> TestHost::link(const Track& track, LinkSpec spec) {
    std::vector<UnitPtr> cached;
    const bool wants_cached = spec.start == StartAt::cached_keyframe;
    auto link = std::make_unique<TestLink>(*this, track.index, std::move(spec));
    {
        const std::lock_guard lock(mutex_);
        links_.insert(link.get());
        if (wants_cached) cached = cache_[track.index];
    }
    for (const UnitPtr& unit : cached)
        link->push(unit);
    return link;
}

void TestHost::publish(std::size_t track, const UnitPtr& unit) {
    // Under the lock a link cannot go away; the module never calls back from `ready`.
    const std::lock_guard lock(mutex_);
    auto& cache = cache_[track];
    if (unit->keyframe) cache.clear();
    cache.push_back(unit);
    for (TestLink* link : links_) {
        if (link->track == track) link->push(unit);
    }
}

std::size_t TestHost::links() const {
    const std::lock_guard lock(mutex_);
    return links_.size();
}

std::shared_ptr<const Format> h264_format() {
    static const auto format = [] {
        auto made = std::make_shared<Format>();
        made->config = {1, 0x42, 0xC0, 0x1F, 0xFF, 0xE1, 0, 4, 0x67, 0x42, 0xC0, 0x1F, 1, 0, 2, 0x68, 0xCE};
        made->profile = "Constrained Baseline";
        return made;
    }();
    return format;
}

UnitPtr make_unit(const std::shared_ptr<const Format>& format, std::uint64_t sequence, Nanoseconds pts,
                  bool keyframe, std::size_t size) {
    auto unit = std::make_shared<AccessUnit>();
    unit->format = format;
    unit->sequence = sequence;
    unit->pts = unit->dts = pts;
    unit->keyframe = keyframe;
    std::vector<std::uint8_t> bytes(4 + size, static_cast<std::uint8_t>(sequence));
    GST_WRITE_UINT32_BE(bytes.data(), static_cast<std::uint32_t>(size));
    bytes[4] = keyframe ? 0x65 : 0x61;
    unit->buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(bytes.data(), bytes.size()));
    return unit;
}

Settings test_settings(std::string_view local_udp_address) {
    Options options = Options::defaults(option_table());
    options.set("iPsFromInterfacesList", std::vector<std::string>{"lo"});
    options.set("localUDPAddress", std::string(local_udp_address));
    return *read_settings(options);
}

}  // namespace rill::webrtc::test
