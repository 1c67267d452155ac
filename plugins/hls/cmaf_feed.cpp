// Takes a path's units through links into a segmenter.
#include "feed.hpp"
#include "plan.hpp"
#include "segmenter.hpp"

#include <rill/playable_sound.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace rill::hls {

namespace {

/// What parts are without low latency: pieces in which segments are muxed, not listed.
constexpr Nanoseconds inner_part = std::chrono::seconds(1);
/// Units kept while the plan is made. More than any GOP that planning waits for.
constexpr std::size_t early_limit = 8192;
/// Time before the first segment, for players that need a playlist of some length (see README).
constexpr unsigned gaps = 3;

class CmafFeed final : public Feed {
  public:
    CmafFeed(SinkHost& host, const Settings& settings, Nanoseconds keyframe_interval,
             Presentation& presentation)
        : host_(host), settings_(settings), known_interval_(keyframe_interval), presentation_(presentation) {}

    Result<> start(std::span<const Track> sources) {
        const std::vector<Track> tracks = with_playable_sound(host_, sources, cmaf::is_cmaf);
        const Track* picture = first_track(tracks, Kind::video, cmaf::is_cmaf);
        const Track* sound = first_track(tracks, Kind::audio, cmaf::is_cmaf);
        const Track* lead = picture != nullptr ? picture : sound;
        if (lead == nullptr)
            return Error{Code::not_acceptable, "no track of the path has a codec that HLS can carry"};
        mention_left_out(host_.log(), tracks, cmaf::is_cmaf);
        lead_ = *lead;
        // The sound first: what is cached of it must be there when the picture of the same time is cut.
        if (picture != nullptr && sound != nullptr) follow(*sound);
        lead_link_ = host_.subscribe(*lead, {}, [this](UnitPtr unit) { take(std::move(unit)); });
        return ok();
    }

    bool update(std::span<const Track> sources) override {
        const std::vector<Track> tracks = with_playable_sound(host_, sources, cmaf::is_cmaf);
        const Track* picture = first_track(tracks, Kind::video, cmaf::is_cmaf);
        const Track* sound = first_track(tracks, Kind::audio, cmaf::is_cmaf);
        const Track* lead = picture != nullptr ? picture : sound;
        if (lead == nullptr || lead->index != lead_.index || lead->format->kind != lead_.format->kind)
            return false;
        mention_left_out(host_.log(), tracks, cmaf::is_cmaf);
        lead_ = *lead;
        if (sound == lead) sound = nullptr;
        if (sound == nullptr) {
            sound_link_.reset();
            sound_.reset();
        } else if (!sound_ || sound_->index != sound->index || sound_->rendition != sound->rendition) {
            follow(*sound);
        } else if (!sound->rendition) {
            sound_ = *sound;
        }
        if (segmenter_) segmenter_->set_sound(sound_format());
        return true;
    }

    Nanoseconds keyframe_interval() const override {
        return segmenter_ ? segmenter_->longest_keyframe_interval() : Nanoseconds(0);
    }

  private:
    struct Early {
        bool leads;
        UnitPtr unit;
    };

    void follow(const Track& sound) {
        sound_ = sound;
        sound_link_ = host_.subscribe(sound, {}, [this](UnitPtr unit) { take_sound(std::move(unit)); });
    }

    /// Null: there is none, or nobody knows yet what it will be.
    std::shared_ptr<const Format> sound_format() const {
        const bool is_planned = sound_ && sound_->rendition && sound_->format->config.empty();
        return sound_ && !is_planned ? sound_->format : nullptr;
    }

    void take_sound(UnitPtr unit) {
        if (!cmaf::is_cmaf(unit->format->codec)) return;
        if (!sound_format()) {
            sound_->format = unit->format;
            if (segmenter_) segmenter_->set_sound(unit->format);
        }
        if (segmenter_) {
            segmenter_->push_sound(unit);
        } else if (early_.size() < early_limit) {
            early_.push_back({false, std::move(unit)});
        }
    }

    void take(UnitPtr unit) {
        // A change to such a codec is followed by update().
        if (!cmaf::is_cmaf(unit->format->codec)) return;
        if (!segmenter_) {
            plan_with(std::move(unit));
        } else {
            segmenter_->push(unit);
        }
        presentation_.changed();
    }

    void plan_with(UnitPtr unit) {
        if (lead_units_.empty() && !unit->keyframe) return;
        if (early_.size() >= early_limit) {
            early_.clear();
            lead_units_.clear();
            return;
        }
        lead_units_.push_back(unit);
        early_.push_back({true, std::move(unit)});
        const bool parts = settings_.variant == Variant::low_latency;
        const Wishes wishes{settings_.segment_duration, parts ? settings_.part_duration : inner_part, parts};
        if (!can_plan(wishes, lead_units_)) return;
        begin(make_plan(wishes, lead_units_, known_interval_), parts);
        // The sound beside them first: it is looked at when the picture is cut.
        for (const Early& early : early_)
            if (!early.leads) segmenter_->push_sound(early.unit);
        for (const Early& early : early_)
            if (early.leads) segmenter_->push(early.unit);
        early_ = {};
        lead_units_ = {};
    }

    void begin(const Plan& plan, bool parts) {
        WindowRules rules;
        rules.target_duration = plan.target_duration;
        rules.part_target = parts ? plan.part_target : Nanoseconds(0);
        rules.segments = settings_.segment_count;
        rules.max_bytes = settings_.segment_count * settings_.segment_max_size;
        rules.gaps = parts ? gaps : 0;
        const bool picture = lead_.format->kind == Kind::video;
        Window& window =
            presentation_.begin(rules, picture ? 1e9 / static_cast<double>(plan.step.count()) : 0);
        std::function<void()> want_keyframe;
        if (picture) want_keyframe = [this] { host_.request_keyframe(lead_); };
        segmenter_.emplace(Segmenter::Settings{plan, settings_.segment_duration, settings_.segment_max_size,
                                               std::move(want_keyframe)},
                           window, host_.log());
        segmenter_->set_sound(sound_format());
        host_.log().debug("target duration {} s, part target {} ms",
                          plan.target_duration.count() / 1'000'000'000, plan.part_target.count() / 1'000'000);
    }

    // Given.
    SinkHost& host_;
    const Settings settings_;
    const Nanoseconds known_interval_;
    Presentation& presentation_;
    // State.
    Track lead_;
    std::optional<Track> sound_;  // beside a picture
    std::vector<Early> early_;    // in the order of arrival, until there is a plan
    std::vector<UnitPtr> lead_units_;
    std::optional<Segmenter> segmenter_;
    // Last, so that nothing is delivered into what is gone.
    std::unique_ptr<Link> sound_link_;
    std::unique_ptr<Link> lead_link_;
};

}  // namespace

Result<std::unique_ptr<Feed>> make_cmaf_feed(SinkHost& host, std::span<const Track> tracks,
                                             const Settings& settings, Nanoseconds keyframe_interval,
                                             Presentation& presentation) {
    auto feed = std::make_unique<CmafFeed>(host, settings, keyframe_interval, presentation);
    if (const auto started = feed->start(tracks); !started) return started.error();
    return std::unique_ptr<Feed>(std::move(feed));
}

}  // namespace rill::hls
