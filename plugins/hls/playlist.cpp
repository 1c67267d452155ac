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

// 9: EXT-X-SKIP; 7: EXT-X-MAP beside media segments; 3: durations with decimals (§8).
int version(const WindowRules& rules, const Names& names) {
    if (rules.part_target > Nanoseconds(0)) return 9;
    return names.extension == "mp4" ? 7 : 3;
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
        line("#EXTM3U");
        line("#EXT-X-VERSION:{}", version(rules_, names_));
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

/// What goes with a rendition of the picture: the heads of five parts a second, and more sound than most
/// cameras send.
constexpr std::uint64_t container_bits = 20'000;
constexpr std::uint64_t sound_bits = 192'000;

void append_variant(std::string& text, const VariantStream& variant, std::string_view sound,
                    std::string_view uri, Suffix suffix) {
    text += fmt::format("#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}", variant.peak, variant.average);
    const bool both = !variant.codecs.empty() && !sound.empty();
    if (!variant.codecs.empty() || !sound.empty())
        text += fmt::format(",CODECS=\"{}{}{}\"", variant.codecs, both ? "," : "", sound);
    if (variant.width > 0) text += fmt::format(",RESOLUTION={}x{}", variant.width, variant.height);
    if (variant.frame_rate > 0) text += fmt::format(",FRAME-RATE={:.3f}", variant.frame_rate);
    text += fmt::format("\n{}{}\n", uri, suffix);
}

}  // namespace

std::string Names::media() const {
    return fmt::format("{}_stream.m3u8", id);
}
std::string Names::media(std::string_view variant) const {
    return fmt::format("{}_{}.m3u8", id, variant);
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

const Format* lead_format(const Window& window) {
    if (window.segments().empty() || !window.segments().back()->init) return nullptr;
    return window.segments().back()->init->formats.front().get();
}

std::string multivariant_playlist(const Window& window, const Names& names, double frame_rate,
                                  std::span<const VariantStream> variants, Suffix suffix) {
    std::string text = fmt::format("#EXTM3U\n#EXT-X-VERSION:{}\n{}", version(window.rules(), names),
                                   window.independent() ? "#EXT-X-INDEPENDENT-SEGMENTS\n" : "");
    VariantStream own;
    std::string sound;
    if (lead_format(window) != nullptr) {
        for (const auto& format : window.segments().back()->init->formats) {
            (format->kind == Kind::video ? own.codecs : sound) = format->codec_string;
            if (format->kind != Kind::video) continue;
            own.width = format->width;
            own.height = format->height;
            own.frame_rate = format->frame_rate > 0 ? format->frame_rate : frame_rate;
        }
    }
    const Bandwidth measured = measure(window);
    own.peak = measured.peak;
    own.average = measured.average;
    append_variant(text, own, sound, names.media(), suffix);
    for (VariantStream variant : variants) {
        const std::uint64_t more = sound.empty() ? container_bits : container_bits + sound_bits;
        variant.peak += more;
        variant.average += more;
        append_variant(text, variant, sound, names.media(variant.name), suffix);
    }
    return text;
}

}  // namespace rill::hls
