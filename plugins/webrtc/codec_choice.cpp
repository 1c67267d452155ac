#include "codec_choice.hpp"

#include "sdp_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rill::webrtc {

namespace {

/// H.264 profiles as decoders tell them apart (RFC 6184 §8.1, table 5), in the order in which one decodes the
/// ones before it.
enum class H264Profile { constrained_baseline = 1, baseline, main, high, other };

constexpr std::uint8_t h264_baseline = 66;
constexpr std::uint8_t h264_main = 77;
constexpr std::uint8_t h264_extended = 88;
constexpr std::uint8_t h264_high = 100;

/// `constraints`: constraint_set0_flag is the highest bit.
H264Profile h264_profile(std::uint8_t idc, std::uint8_t constraints) {
    const bool set0 = (constraints & 0x80) != 0;
    const bool set1 = (constraints & 0x40) != 0;
    switch (idc) {
        case h264_baseline:
            return set1 ? H264Profile::constrained_baseline : H264Profile::baseline;
        case h264_main:
            return set0 ? H264Profile::constrained_baseline : H264Profile::main;
        case h264_extended:
            return set0 && set1 ? H264Profile::constrained_baseline : H264Profile::other;
        case h264_high:
            return H264Profile::high;
        default:
            return H264Profile::other;
    }
}

int match_h264(const OfferedCodec& codec, const Format& format) {
    // Slices larger than a packet need fragmentation, which mode 0 has not.
    if (codec.parameter("packetization-mode", "0") != "1") return 0;
    const std::string text = codec.parameter("profile-level-id", "42000a");
    unsigned offered = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offered, 16);
    if (error != std::errc() || end != text.data() + text.size() || text.size() != 6) return 0;
    if (format.config.size() < 4) return 1;

    const auto offered_idc = static_cast<std::uint8_t>(offered >> 16);
    const auto offered_constraints = static_cast<std::uint8_t>(offered >> 8);
    const std::uint8_t idc = format.config[1];
    const std::uint8_t constraints = format.config[2];
    if (offered_idc == idc && offered_constraints == constraints) return 40;
    const H264Profile wanted = h264_profile(idc, constraints);
    const H264Profile has = h264_profile(offered_idc, offered_constraints);
    // High 10, 4:2:2 and 4:4:4 need a decoder that says so.
    if (wanted == H264Profile::other || has == H264Profile::other) return idc == offered_idc ? 30 : 0;
    if (wanted == has) return 30;
    // Browsers list some of these profiles and decode them all. The nearest above is safest.
    return has > wanted ? 20 - static_cast<int>(has) : static_cast<int>(has);
}

int match_h265(const OfferedCodec& codec, const Format& format) {
    constexpr std::size_t level_at = 12;  // of hvcC, ISO/IEC 14496-15 §8.3.3.1
    if (codec.parameter("sprop-max-don-diff", "0") != "0" || codec.parameter("tx-mode", "SRST") != "SRST")
        return 0;
    const auto profile = parse_number<unsigned>(codec.parameter("profile-id", "1"));
    const auto tier = parse_number<unsigned>(codec.parameter("tier-flag", "0"));
    const auto level = parse_number<unsigned>(codec.parameter("level-id", "93"));
    if (!profile || !tier || !level) return 0;
    if (format.config.size() <= level_at) return 1;

    const unsigned wanted_profile = format.config[1] & 0x1Fu;
    const unsigned wanted_tier = format.config[1] >> 5 & 1u;
    constexpr unsigned main = 1;
    constexpr unsigned main10 = 2;
    const bool decodes = *profile == wanted_profile || (wanted_profile == main && *profile == main10);
    if (!decodes || wanted_tier > *tier) return 0;
    // A level too low is a preference and no refusal: viewers state what they promise, not what they can.
    return (*profile == wanted_profile ? 20 : 10) + (format.config[level_at] <= *level ? 5 : 0);
}

/// RFC 9628 §6: without a parameter it is profile 0.
bool has_profile(const OfferedCodec& codec, const Format& vp9) {
    return codec.parameter("profile-id", "0") == (vp9.profile.empty() ? "0" : vp9.profile);
}

std::string_view kind_of(const Track& track) {
    return to_string(track.format->kind);
}

struct Found {
    std::size_t section = 0;
    const OfferedCodec* codec = nullptr;
    int score = 0;
};

Found find_best(const Offer& offer, const Track& track, const std::set<std::size_t>& taken) {
    Found best;
    for (std::size_t at = 0; at < offer.media.size(); ++at) {
        const OfferedMedia& media = offer.media[at];
        if (!media.usable || !media.receives || media.kind != kind_of(track) || taken.contains(at)) continue;
        // All sections that are used share one transport. Without BUNDLE that is one section.
        if (!taken.empty() && (!media.bundled || !offer.media[*taken.begin()].bundled)) continue;
        for (const OfferedCodec& codec : media.codecs) {
            const int score = match(codec, *track.format);
            if (score > best.score) best = {at, &codec, score};
        }
        if (best.codec != nullptr) break;
    }
    return best;
}

/// What browsers take where they do not take the camera's own, the best first: all of them decode Opus, H.264
/// and VP8 (RFC 7742 §5, RFC 7874 §3).
std::vector<Codec> codecs_for(const Track& track, Codec preferred) {
    if (track.format->kind == Kind::audio) return {Codec::opus};
    return {preferred, Codec::h264, Codec::vp8, Codec::vp9};
}

/// As a track with which an offer can be searched, before it is made.
Track planned(const Track& track, const Rendition& rendition) {
    Format format = rendered_format(*track.format, rendition);
    // avcC of the constrained baseline profile, level 3.1.
    if (rendition.codec == Codec::h264) format.config = {1, h264_baseline, 0xE0, 31};
    return {track.index, std::make_shared<const Format>(std::move(format)), rendition};
}

struct Plan {
    Rendition rendition;
    Found found;  ///< no codec: the viewer takes none
};

Plan plan_rendition(const Offer& offer, const Track& track, const std::set<std::size_t>& taken,
                    Codec preferred, int max_height) {
    for (const Codec codec : codecs_for(track, preferred)) {
        const Rendition rendition{.codec = codec, .max_height = max_height};
        const Found found = find_best(offer, planned(track, rendition), taken);
        if (found.codec != nullptr) return {rendition, found};
    }
    return {};
}

std::string describe(const Format& format) {
    std::string text(to_string(format.codec));
    if (!format.profile.empty()) text += fmt::format(" ({})", format.profile);
    return text;
}

std::string describe(const Offer& offer) {
    std::string text;
    std::set<std::string> seen;
    for (const OfferedMedia& media : offer.media) {
        if (!media.usable || !media.receives) continue;
        for (const OfferedCodec& codec : media.codecs) {
            if (!seen.insert(codec.name).second) continue;
            if (!text.empty()) text += ", ";
            text += codec.name;
        }
    }
    return text.empty() ? "nothing to receive" : text;
}

/// Error: not_acceptable when the viewer takes it in no form, else as `render`.
Result<Choice> give(const Offer& offer, const Track& track, const std::set<std::size_t>& taken,
                    const Preferences& preferences) {
    const Found as_it_is = find_best(offer, track, taken);
    const bool is_too_high = preferences.max_height > 0 && track.format->height > preferences.max_height;
    const bool is_good = !is_too_high && !preferences.out_of_order.contains(track.index);
    const auto keep = [&]() -> Result<Choice> { return Choice{as_it_is.section, track, *as_it_is.codec}; };
    if (as_it_is.codec != nullptr && (is_good || !preferences.render)) return keep();

    const Error none{Code::not_acceptable, "not among what the viewer receives"};
    if (!preferences.render) return none;
    const auto [rendition, found] = plan_rendition(offer, track, taken, preferences.transcode_to,
                                                   is_too_high ? preferences.max_height : 0);
    if (found.codec == nullptr) return as_it_is.codec != nullptr ? keep() : none;
    auto rendered = preferences.render(track, rendition);
    if (rendered) return Choice{found.section, *std::move(rendered), *found.codec};
    // Too large, or less smooth, is better than nothing.
    if (as_it_is.codec != nullptr) return keep();
    return Error{rendered.error().code, fmt::format("the viewer does not take {}, and {}",
                                                    describe(*track.format), rendered.error().message)};
}

}  // namespace

int match(const OfferedCodec& codec, const Format& format) {
    switch (format.codec) {
        case Codec::h264:
            return codec.name == "H264" && codec.clock_rate == 90'000 ? match_h264(codec, format) : 0;
        case Codec::h265:
            return codec.name == "H265" && codec.clock_rate == 90'000 ? match_h265(codec, format) : 0;
        case Codec::vp8:
            return codec.name == "VP8" && codec.clock_rate == 90'000 ? 1 : 0;
        case Codec::vp9:
            return codec.name == "VP9" && codec.clock_rate == 90'000 && has_profile(codec, format) ? 1 : 0;
        case Codec::opus:
            return codec.name == "OPUS" && codec.clock_rate == 48'000 ? 1 : 0;
        case Codec::pcmu:
        case Codec::pcma: {
            const std::string_view name = format.codec == Codec::pcmu ? "PCMU" : "PCMA";
            const bool same = codec.name == name && static_cast<int>(codec.clock_rate) == format.sample_rate;
            return same && static_cast<int>(codec.channels) == format.channels ? 1 : 0;
        }
        case Codec::mjpeg:
        case Codec::aac:
        case Codec::g722:
        case Codec::lpcm:
            break;
    }
    return 0;
}

Result<Selection> choose_codecs(const Offer& offer, std::span<const Track> tracks,
                                const Preferences& preferences) {
    Selection selection;
    std::set<std::size_t> taken;
    std::string stream;
    // Without BUNDLE only one section can be served: then the picture matters most.
    for (const Kind kind : {Kind::video, Kind::audio}) {
        for (const Track& track : tracks) {
            if (track.format->kind != kind) continue;
            if (!stream.empty()) stream += ", ";
            stream += describe(*track.format);
            auto given = give(offer, track, taken, preferences);
            if (given) {
                taken.insert(given->section);
                selection.choices.push_back(*std::move(given));
                continue;
            }
            // Somebody who came for a picture is told why there is none.
            const bool is_refused = given.error().code != Code::not_acceptable;
            if (is_refused && kind == Kind::video) return given.error();
            selection.left_out.push_back(
                fmt::format("{} {}: {}", kind_of(track), describe(*track.format), given.error().message));
        }
    }
    if (selection.choices.empty()) {
        return Error{Code::not_acceptable,
                     fmt::format("no common codec: the stream has {}, the viewer offers {}",
                                 stream.empty() ? "no track" : stream, describe(offer))};
    }
    std::sort(selection.choices.begin(), selection.choices.end(),
              [](const Choice& a, const Choice& b) { return a.section < b.section; });
    return selection;
}

std::optional<Error> recordings_refused(const Selection& selection) {
    for (const Choice& choice : selection.choices) {
        if (choice.track.format->kind != Kind::video || !choice.track.rendition) continue;
        return Error{
            Code::not_acceptable,
            fmt::format("the picture is made for this viewer ({}), which is not done for recordings: "
                        "play them over HLS, or take the camera's own codec and size",
                        to_string(*choice.track.rendition))};
    }
    return std::nullopt;
}

}  // namespace rill::webrtc
