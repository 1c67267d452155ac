#include "playlist.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace rill::hls {

namespace {

/// §4.4.3.8: the Skip Boundary is at least six target durations.
constexpr int skip_boundary = 6;
/// §6.2.2: older parts are no longer listed.
constexpr int parts_listed = 3;

double in_seconds(Nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

std::int64_t whole_seconds(Nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

class Writer {
  public:
    Writer(const Window& window, const Names& names, Suffix suffix)
        : window_(window), rules_(window.rules()), names_(names), suffix_(suffix) {}

    std::string write(bool skip) {
        const std::size_t skipped = skip ? skippable() : 0;
        header();
        if (skipped > 0) line("#EXT-X-SKIP:SKIPPED-SEGMENTS={}", skipped);
        Nanoseconds from_end = window_.duration();
        std::size_t index = 0;
        for (const auto& each : window_.segments()) {
            const Segment& segment = *each;
            if (index++ >= skipped) write_segment(segment, from_end);
            from_end -= segment.duration;
        }
        if (low_latency())
            line("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}{}\"", names_.part(window_.next_part()), suffix_);
        return std::move(text_);
    }

  private:
    template <class... A>
    void line(fmt::format_string<A...> format, A&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<A>(args)...);
        text_ += '\n';
    }

    bool low_latency() const { return rules_.part_target > Nanoseconds(0); }

    /// A part's length as a playlist may state it: the rounding of time stamps must not lift it above the
    /// part target.
    double part_duration(const Part& part) const {
        const Nanoseconds over = part.duration - rules_.part_target;
        const bool rounded = over > Nanoseconds(0) && over <= std::chrono::microseconds(100);
        return in_seconds(rounded ? rules_.part_target : part.duration);
    }

    void header() {
        const bool fragmented = names_.extension == "mp4";
        line("#EXTM3U");
        // 9: EXT-X-SKIP; 7: EXT-X-MAP beside media segments; 3: durations with decimals (§8).
        line("#EXT-X-VERSION:{}", low_latency() ? 9 : fragmented ? 7 : 3);
        line("#EXT-X-TARGETDURATION:{}", whole_seconds(rules_.target_duration));
        if (low_latency()) {
            line("#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={:.3f},CAN-SKIP-UNTIL={}",
                 in_seconds(part_hold_back(rules_)), whole_seconds(skip_boundary * rules_.target_duration));
            line("#EXT-X-PART-INF:PART-TARGET={:.3f}", in_seconds(rules_.part_target));
        }
        line("#EXT-X-MEDIA-SEQUENCE:{}",
             window_.segments().empty() ? window_.next_sequence() : window_.segments().front()->sequence);
        if (window_.discontinuity_sequence() > 0)
            line("#EXT-X-DISCONTINUITY-SEQUENCE:{}", window_.discontinuity_sequence());
    }

    /// Segments that lie wholly before the Skip Boundary.
    std::size_t skippable() const {
        const Nanoseconds boundary = skip_boundary * rules_.target_duration;
        Nanoseconds from_end = window_.duration();
        std::size_t count = 0;
        for (const auto& segment : window_.segments()) {
            from_end -= segment->duration;
            if (!low_latency() || !segment->closed || from_end < boundary) break;
            ++count;
        }
        return count;
    }

    void write_segment(const Segment& segment, Nanoseconds from_end) {
        const bool listed = segment.closed || (low_latency() && !segment.parts.empty());
        if (!listed) return;
        if (segment.gap) {
            write_gap(segment);
            return;
        }
        if (segment.discontinuity) line("#EXT-X-DISCONTINUITY");
        if (segment.init && segment.init != init_) {
            init_ = segment.init;
            line("#EXT-X-MAP:URI=\"{}{}\"", names_.init(init_->number), suffix_);
        }
        if (segment.utc_us > 0) line("#EXT-X-PROGRAM-DATE-TIME:{}", rfc3339(segment.utc_us));
        if (low_latency()) write_parts(segment, from_end);
        if (!segment.closed) return;
        line("#EXTINF:{:.5f},", in_seconds(segment.duration));
        line("{}{}", names_.segment(segment.sequence), suffix_);
    }

    void write_gap(const Segment& segment) {
        if (segment.duration == rules_.part_target)
            line("#EXT-X-PART:DURATION={:.5f},URI=\"{}\",GAP=YES", in_seconds(segment.duration),
                 names_.segment(segment.sequence));
        line("#EXT-X-GAP");
        line("#EXTINF:{:.5f},", in_seconds(segment.duration));
        line("{}", names_.segment(segment.sequence));
    }

    void write_parts(const Segment& segment, Nanoseconds from_end) {
        for (const Part& part : segment.parts) {
            if (from_end <= parts_listed * rules_.target_duration)
                line("#EXT-X-PART:DURATION={:.5f},URI=\"{}{}\"{}", part_duration(part),
                     names_.part(part.number), suffix_, part.independent ? ",INDEPENDENT=YES" : "");
            from_end -= part.duration;
        }
    }

    const Window& window_;
    const WindowRules& rules_;
    const Names& names_;
    const Suffix suffix_;
    std::shared_ptr<const Init> init_;
    std::string text_;
};

struct Bandwidth {
    std::uint64_t peak = 1;
    std::uint64_t average = 1;
};

/// Measured over the segments that are there; over what there is of the first, when none is complete.
Bandwidth measure(const Window& window) {
    Bandwidth result;
    double bits = 0;
    double time = 0;
    for (const auto& segment : window.segments()) {
        const double duration = in_seconds(segment->duration);
        if (segment->gap || duration <= 0) continue;
        const double own_bits = 8.0 * static_cast<double>(segment->size);
        bits += own_bits;
        time += duration;
        if (segment->closed || window.closed_with_content() == 0)
            result.peak = std::max(result.peak, static_cast<std::uint64_t>(own_bits / duration));
    }
    if (time > 0) result.average = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(bits / time));
    result.peak = std::max(result.peak, result.average);
    return result;
}

}  // namespace

std::string Names::media() const {
    return fmt::format("{}_stream.m3u8", id);
}
std::string Names::init(std::uint64_t number) const {
    return fmt::format("{}_init{}.mp4", id, number);
}
std::string Names::part(std::uint64_t number) const {
    return fmt::format("{}_part{}.mp4", id, number);
}
std::string Names::segment(std::uint64_t sequence) const {
    return fmt::format("{}_seg{}.{}", id, sequence, extension);
}

Nanoseconds part_hold_back(const WindowRules& rules) {
    return 3 * rules.part_target;
}

std::string media_playlist(const Window& window, const Names& names, bool skip, Suffix suffix) {
    return Writer(window, names, suffix).write(skip);
}

std::string multivariant_playlist(const Window& window, const Names& names, double frame_rate,
                                  Suffix suffix) {
    std::string codecs;
    std::string picture;
    if (!window.segments().empty() && window.segments().back()->init) {
        for (const auto& format : window.segments().back()->init->formats) {
            if (!codecs.empty()) codecs += ',';
            codecs += format->codec_string;
            if (format->kind != Kind::video) continue;
            if (format->width > 0) picture += fmt::format(",RESOLUTION={}x{}", format->width, format->height);
            const double rate = format->frame_rate > 0 ? format->frame_rate : frame_rate;
            if (rate > 0) picture += fmt::format(",FRAME-RATE={:.3f}", rate);
        }
    }
    const Bandwidth bandwidth = measure(window);
    return fmt::format(
        "#EXTM3U\n#EXT-X-VERSION:{}\n{}#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}{}{}\n{}{}\n",
        window.rules().part_target > Nanoseconds(0) ? 9
        : names.extension == "mp4"                  ? 7
                                                    : 3,
        window.independent() ? "#EXT-X-INDEPENDENT-SEGMENTS\n" : "", bandwidth.peak, bandwidth.average,
        codecs.empty() ? "" : fmt::format(",CODECS=\"{}\"", codecs), picture, names.media(), suffix);
}

}  // namespace rill::hls
