// Takes a path's tracks through a pipeline of its own into MPEG-TS segments, in memory.
#include "feed.hpp"
#include "plan.hpp"
#include "ts_segmenter.hpp"

#include <rill/playable_sound.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace rill::hls {

namespace {

/// Without sound for so long beside a picture, the muxer would wait for ever.
constexpr Nanoseconds sound_patience = std::chrono::milliseconds(500);
constexpr Nanoseconds sound_lost = std::chrono::seconds(2);
/// A loss of this length or more makes a discontinuity.
constexpr Nanoseconds hole = std::chrono::seconds(1);
constexpr Nanoseconds rounding = std::chrono::milliseconds(450);
constexpr std::size_t planning_limit = 4096;
constexpr std::size_t keyframes_remembered = 64;

/// The pipeline muxes; beside it the same units are watched here, because the pipeline can neither begin a
/// discontinuity nor do without a track that has fallen silent: then it is replaced.
class MpegTsFeed final : public Feed {
  public:
    MpegTsFeed(SinkHost& host, const Settings& settings, Nanoseconds keyframe_interval,
               Presentation& presentation, std::function<void(Error)> give_up)
        : host_(host),
          settings_(settings),
          known_interval_(keyframe_interval),
          presentation_(presentation),
          give_up_(std::move(give_up)) {}

    ~MpegTsFeed() override { stop_pipeline(); }

    Result<> start(std::span<const Track> sources) {
        const auto playing = playable(host_, sources, plays_from_mpegts);
        if (!playing) return playing.error();
        const std::vector<Track>& tracks = *playing;
        const Track* picture = first_track(tracks, Kind::video, plays_from_mpegts);
        const Track* sound = first_track(tracks, Kind::audio, plays_from_mpegts);
        const Track* lead = picture != nullptr ? picture : sound;
        if (lead == nullptr)
            return Error{Code::not_acceptable, "no track of the path has a codec that MPEG-TS players take"};
        if (const auto missing = missing_ts_element(); !missing.empty())
            return Error{Code::unavailable, fmt::format("GStreamer element '{}' is not installed", missing)};
        mention_left_out(host_.log(), tracks, plays_from_mpegts);
        lead_ = *lead;
        if (picture != nullptr && sound != nullptr) {
            sound_ = *sound;
            sound_link_ = host_.subscribe(*sound, {}, [this](UnitPtr unit) {
                newest_sound_ = unit->dts;
                sound_->format = unit->format;  // that of a rendition is known only now
            });
        }
        lead_link_ = host_.subscribe(*lead, {}, [this](UnitPtr unit) { watch(std::move(unit)); });
        return ok();
    }

    bool update(std::span<const Track>) override { return false; }
    Nanoseconds keyframe_interval() const override { return longest_interval_; }

  private:
    void watch(UnitPtr unit) {
        const std::optional<Nanoseconds> before = newest_;
        newest_ = unit->dts;
        if (unit->keyframe) note_keyframe(*unit);
        if (!planned_) plan_with(unit);
        if (!pipeline_) {
            if (!begun_at_) begun_at_ = unit->dts;
            if (sound_heard() || !sound_ || unit->dts - *begun_at_ > sound_patience) start_pipeline(*unit);
            return;
        }
        if (!unit->keyframe) return;
        const bool lost = before && unit->discontinuity && unit->dts - *before > hole;
        if (lost || *unit->format != *format_ || sound_heard() != with_sound_) {
            stop_pipeline();
            discontinuity_ = true;
            last_keyframe_.reset();
            start_pipeline(*unit);
        }
    }

    bool sound_heard() const {
        return sound_ && newest_sound_ && newest_ && *newest_ - *newest_sound_ < sound_lost;
    }

    /// Between the pipeline's threads and the feed: they deliver until the pipeline has reached NULL, which
    /// may be after the feed and its host are gone.
    class Door {
      public:
        explicit Door(MpegTsFeed& feed) : feed_(&feed) {}

        void close() {
            const std::lock_guard lock(mutex_);
            feed_ = nullptr;
        }
        static void deliver(const std::shared_ptr<Door>& door, TsSegment segment) {
            // post() only queues: holding the lock keeps the host for as long as that takes.
            const std::lock_guard lock(door->mutex_);
            if (door->feed_ == nullptr) return;
            door->feed_->host_.post([door, segment = std::move(segment)]() mutable {
                if (door->feed_ != nullptr) door->feed_->add(std::move(segment));
            });
        }

      private:
        std::mutex mutex_;
        MpegTsFeed* feed_;  // locked: mutex_; written on the loop only, so read there without it
    };

    void note_keyframe(const AccessUnit& unit) {
        if (unit.format->kind != Kind::video) return;
        if (last_keyframe_ && !unit.discontinuity)
            longest_interval_ = std::max(longest_interval_, unit.dts - *last_keyframe_);
        last_keyframe_ = unit.dts;
        keyframes_.push_back({unit.pts, unit.utc_us});
        if (keyframes_.size() > keyframes_remembered) keyframes_.pop_front();
    }

    void plan_with(const UnitPtr& unit) {
        if (planning_.size() >= planning_limit) planning_.clear();
        if (planning_.empty() && !unit->keyframe) return;
        planning_.push_back(unit);
        const Wishes wishes{settings_.segment_duration, settings_.segment_duration, false};
        if (!can_plan(wishes, planning_)) return;
        planned_ = make_plan(wishes, planning_, known_interval_);
        planning_ = {};
        WindowRules rules;
        rules.target_duration = planned_->target_duration;
        rules.segments = settings_.segment_count;
        rules.max_bytes = settings_.segment_count * settings_.segment_max_size;
        window_ = &presentation_.begin(rules, 0);
        for (TsSegment& segment : early_)
            publish(std::move(segment));
        early_ = {};
    }

    void start_pipeline(const AccessUnit& unit) {
        format_ = unit.format;
        with_sound_ = sound_heard();
        std::vector<Track> tracks = {lead_};
        tracks.front().format = format_;
        if (with_sound_) tracks.push_back(*sound_);
        pipeline_ = std::make_unique<TsSegmenter>(TsSegmenter::Settings{
            settings_.segment_duration, settings_.segment_max_size, host_.log(),
            // Of this pipeline only: what an older one still delivers belongs to a past that is closed.
            [door = door_ = std::make_shared<Door>(*this)](TsSegment segment) {
                Door::deliver(door, std::move(segment));
            }});
        if (const auto started = pipeline_->start(host_, tracks); !started) host_.failed(started.error());
    }

    void stop_pipeline() {
        if (door_) door_->close();
        door_.reset();
        if (pipeline_) pipeline_->stop("");
        pipeline_.reset();
    }

    void add(TsSegment segment) {
        segment.discontinuity = std::exchange(discontinuity_, false);
        if (!planned_) {
            if (early_.size() < settings_.segment_count) early_.push_back(std::move(segment));
            return;
        }
        publish(std::move(segment));
        presentation_.changed();
    }

    void publish(TsSegment segment) {
        if (segment.duration > planned_->target_duration + rounding) {
            longest_interval_ = std::max(longest_interval_, segment.duration);
            give_up_({Code::not_found,
                      "keyframes are farther apart than the playlist promised; "
                      "load index.m3u8 again"});
            return;
        }
        window_->open({nullptr, utc_at(segment.start), segment.discontinuity, true});
        window_->append(segment.duration, true, {std::move(segment.bytes)});
        window_->close();
    }

    /// Zero when it is not known.
    std::int64_t utc_at(Nanoseconds start) const {
        for (const Keyframe& keyframe : keyframes_)
            if (std::chrono::abs(keyframe.pts - start) < std::chrono::milliseconds(1)) return keyframe.utc_us;
        return 0;
    }

    struct Keyframe {
        Nanoseconds pts;
        std::int64_t utc_us;
    };

    // Given.
    SinkHost& host_;
    const Settings settings_;
    const Nanoseconds known_interval_;
    Presentation& presentation_;
    const std::function<void(Error)> give_up_;
    // Owned.
    std::unique_ptr<TsSegmenter> pipeline_;
    std::shared_ptr<Door> door_;  // of the pipeline that runs
    // State.
    Track lead_;
    std::optional<Track> sound_;  // beside a picture
    std::shared_ptr<const Format> format_;
    bool with_sound_ = false;
    std::optional<Nanoseconds> begun_at_, newest_, newest_sound_, last_keyframe_;
    Nanoseconds longest_interval_{0};
    std::deque<Keyframe> keyframes_;
    std::vector<UnitPtr> planning_;
    std::vector<TsSegment> early_;
    std::optional<Plan> planned_;
    Window* window_ = nullptr;  // the presentation's, once planned
    bool discontinuity_ = false;
    // Last, so that nothing is delivered into what is gone.
    std::unique_ptr<Link> sound_link_;
    std::unique_ptr<Link> lead_link_;
};

}  // namespace

Result<std::unique_ptr<Feed>> make_mpegts_feed(SinkHost& host, std::span<const Track> tracks,
                                               const Settings& settings, Nanoseconds keyframe_interval,
                                               Presentation& presentation,
                                               std::function<void(Error)> give_up) {
    auto feed =
        std::make_unique<MpegTsFeed>(host, settings, keyframe_interval, presentation, std::move(give_up));
    if (const auto started = feed->start(tracks); !started) return started.error();
    return std::unique_ptr<Feed>(std::move(feed));
}

}  // namespace rill::hls
