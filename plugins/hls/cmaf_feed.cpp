// Takes a path's units through links into a segmenter.
#include "feed.hpp"
#include "plan.hpp"
#include "segmenter.hpp"

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
    struct Given {
        SinkHost& host;
        const Settings& settings;
        Presentation& presentation;
        Nanoseconds known_interval{0};
        Timeline* leads = nullptr;
        // Of a rendition's.
        const Timeline* follows = nullptr;
        Leader leader{};
        std::uint64_t first_sequence = 0;
    };
    explicit CmafFeed(Given given) : given_(std::move(given)), host_(given_.host) {}

    Result<> start(std::span<const Track> sources) {
        const auto playing = playable(host_, sources, cmaf::is_cmaf);
        if (!playing) return playing.error();
        const std::vector<Track>& tracks = *playing;
        const Track* picture = first_track(tracks, Kind::video, cmaf::is_cmaf);
        const Track* sound = first_track(tracks, Kind::audio, cmaf::is_cmaf);
        const Track* lead = picture != nullptr ? picture : sound;
        if (lead == nullptr)
            return Error{Code::not_acceptable, "no track of the path has a codec that HLS can carry"};
        // A rendition's are the same.
        if (given_.follows == nullptr) mention_left_out(host_.log(), tracks, cmaf::is_cmaf);
        lead_ = *lead;
        // The sound first: what is cached of it must be there when the picture of the same time is cut.
        if (picture != nullptr && sound != nullptr) follow(*sound);
        lead_link_ = host_.subscribe(*lead, {}, [this](UnitPtr unit) { take(std::move(unit)); });
        return ok();
    }

    bool update(std::span<const Track> sources) override {
        const auto playing = playable(host_, sources, cmaf::is_cmaf);
        if (!playing) return false;
        const std::vector<Track>& tracks = *playing;
        const Track* picture = first_track(tracks, Kind::video, cmaf::is_cmaf);
        const Track* sound = first_track(tracks, Kind::audio, cmaf::is_cmaf);
        const Track* lead = picture != nullptr ? picture : sound;
        if (lead == nullptr || lead->index != lead_.index || lead->format->kind != lead_.format->kind ||
            lead->rendition != lead_.rendition)
            return false;
        if (given_.follows == nullptr) mention_left_out(host_.log(), tracks, cmaf::is_cmaf);
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

    std::optional<Leader> leader() const override {
        if (!segmenter_ || lead_.format->kind != Kind::video) return std::nullopt;
        return Leader{lead_.index, plan_, sound_format()};
    }

  private:
    struct Early {
        bool leads;
        UnitPtr unit;
    };

    void follow(const Track& sound) {
        sound_ = sound;
        // The leader has heard it already.
        if (is_planned() && given_.leader.sound) sound_->format = given_.leader.sound;
        sound_link_ = host_.subscribe(sound, {}, [this](UnitPtr unit) { take_sound(std::move(unit)); });
    }

    bool is_planned() const { return sound_ && sound_->rendition && sound_->format->config.empty(); }
    /// Null: there is none, or nobody knows yet what it will be.
    std::shared_ptr<const Format> sound_format() const {
        return sound_ && !is_planned() ? sound_->format : nullptr;
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
        if (segmenter_) {
            segmenter_->push(unit);
        } else if (given_.follows != nullptr) {
            follow_with(std::move(unit));
        } else {
            plan_with(std::move(unit));
        }
        given_.presentation.changed();
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
        const Wishes wishes{given_.settings.segment_duration,
                            parts() ? given_.settings.part_duration : inner_part, parts()};
        if (!can_plan(wishes, lead_units_)) return;
        plan_ = make_plan(wishes, lead_units_, given_.known_interval);
        begin(0);
    }

    void follow_with(UnitPtr unit) {
        // What was encoded for others before this presentation began has no place in it.
        if (!unit->keyframe || unit->dts < given_.follows->epoch()) return;
        plan_ = given_.leader.plan;
        const std::uint64_t discontinuities = given_.follows->discontinuities(unit->dts);
        early_.push_back({true, std::move(unit)});
        begin(discontinuities);
    }

    bool parts() const { return given_.settings.variant == Variant::low_latency; }

    void begin(std::uint64_t discontinuities) {
        const Settings& settings = given_.settings;
        WindowRules rules;
        rules.target_duration = plan_.target_duration;
        rules.part_target = parts() ? plan_.part_target : Nanoseconds(0);
        rules.segments = settings.segment_count;
        rules.max_bytes = settings.segment_count * settings.segment_max_size;
        rules.gaps = parts() ? gaps : 0;
        rules.first_sequence = given_.first_sequence;
        rules.first_discontinuities = discontinuities;
        const bool picture = lead_.format->kind == Kind::video;
        Window& window =
            given_.presentation.begin(rules, picture ? 1e9 / static_cast<double>(plan_.step.count()) : 0);
        std::function<void()> want_keyframe;
        if (picture) want_keyframe = [this] { host_.request_keyframe(lead_); };
        segmenter_.emplace(Segmenter::Settings{plan_, settings.segment_duration, settings.segment_max_size,
                                               std::move(want_keyframe), given_.leads, given_.follows},
                           window, host_.log());
        segmenter_->set_sound(sound_format());
        host_.log().debug("target duration {} s, part target {} ms",
                          plan_.target_duration.count() / 1'000'000'000,
                          plan_.part_target.count() / 1'000'000);
        // The sound beside them first: it is looked at when the picture is cut.
        for (const Early& early : early_)
            if (!early.leads) segmenter_->push_sound(early.unit);
        for (const Early& early : early_)
            if (early.leads) segmenter_->push(early.unit);
        early_ = {};
        lead_units_ = {};
    }

    // Given.
    const Given given_;
    SinkHost& host_;
    // State.
    Track lead_;
    Plan plan_;                   // of the segmenter
    std::optional<Track> sound_;  // beside a picture
    std::vector<Early> early_;    // in the order of arrival, until there is a plan
    std::vector<UnitPtr> lead_units_;
    std::optional<Segmenter> segmenter_;
    // Last, so that nothing is delivered into what is gone.
    std::unique_ptr<Link> sound_link_;
    std::unique_ptr<Link> lead_link_;
};

Result<std::unique_ptr<Feed>> start_feed(CmafFeed::Given given, std::span<const Track> tracks) {
    auto feed = std::make_unique<CmafFeed>(std::move(given));
    if (const auto started = feed->start(tracks); !started) return started.error();
    return std::unique_ptr<Feed>(std::move(feed));
}

}  // namespace

Result<std::unique_ptr<Feed>> make_cmaf_feed(SinkHost& host, std::span<const Track> tracks,
                                             const Settings& settings, Nanoseconds keyframe_interval,
                                             Presentation& presentation, Timeline& timeline) {
    return start_feed({.host = host,
                       .settings = settings,
                       .presentation = presentation,
                       .known_interval = keyframe_interval,
                       .leads = &timeline},
                      tracks);
}

Result<std::unique_ptr<Feed>> make_rendition_feed(SinkHost& host, std::span<const Track> tracks,
                                                  const Settings& settings, const Leader& leader,
                                                  std::uint64_t first_sequence, Presentation& presentation,
                                                  const Timeline& timeline) {
    return start_feed({.host = host,
                       .settings = settings,
                       .presentation = presentation,
                       .follows = &timeline,
                       .leader = leader,
                       .first_sequence = first_sequence},
                      tracks);
}

}  // namespace rill::hls
