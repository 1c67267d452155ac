// The module `hls`: its options and routes.
#include "hls_sink.hpp"

#include <rill/clock.hpp>
#include <rill/module.hpp>

#include <array>

namespace rill::hls {

namespace {

constexpr std::array<std::string_view, 3> variants = {"lowLatency", "fmp4", "mpegts"};

constexpr std::array options = {
    Option{.name = "variant",
           .type = Type::choice,
           .fallback = "lowLatency",
           .doc = "lowLatency: fragmented MP4 in parts (RFC 8216bis); fmp4: fragmented MP4; mpegts: for old "
                  "players, H.264, H.265 and AAC only.",
           .choices = variants},
    Option{.name = "segmentCount",
           .type = Type::integer,
           .fallback = "7",
           .doc = "Segments in a playlist; more when they would last less than three target durations.",
           .minimum = 3,
           .maximum = 1000},
    Option{.name = "segmentDuration",
           .type = Type::duration,
           .fallback = "1s",
           .doc = "Least duration of a segment, which then goes on until the next keyframe.",
           .minimum = 200,
           .maximum = 60'000},
    Option{.name = "partDuration",
           .type = Type::duration,
           .fallback = "200ms",
           .doc = "Duration of a part, in whole frames; players stay three parts behind the camera.",
           .minimum = 50,
           .maximum = 5'000},
    Option{.name = "segmentMaxSize",
           .type = Type::size,
           .fallback = "50M",
           .doc = "A segment is cut off at this size, and the rest of its frames are left out.",
           .minimum = 65'536},
    Option{.name = "directory",
           .type = Type::text,
           .fallback = "",
           .doc = "A folder for segments, instead of memory. Disks are slower. Empty: memory."},
    Option{.name = "muxerCloseAfter",
           .type = Type::duration,
           .fallback = "60s",
           .doc = "How long after the last request segments are still made.",
           .minimum = 1'000},
    Option{.name = "alwaysRemux",
           .type = Type::boolean,
           .fallback = "no",
           .doc = "Make segments all the time, so that the first player finds a full playlist."},
    Option{.name = "rewindWindow",
           .type = Type::duration,
           .fallback = "0s",
           .doc = "How far viewers may rewind the live picture of a path that is recorded; 0s: not at all.",
           .minimum = 0,
           .maximum = 86'400'000},
    Option{.name = "renditions",
           .type = Type::list,
           .fallback = "",
           .doc = "Smaller pictures that players may switch to, by height: [720p, 360p]. Made while one is "
                  "watched; not with mpegts."},
    Option{.name = "allowOrigins",
           .type = Type::list,
           .fallback = "*",
           .doc = "Origins whose pages may play the streams; \"*\" is any."},
};

// The playlist that begins wakes the path; what it leads to needs no path that is not awake already.
constexpr std::array routes = {Route{.pattern = "index.m3u8", .wakes = true}, Route{.pattern = "*.m3u8"},
                               Route{.pattern = "*.mp4"}, Route{.pattern = "*.ts"}};

Result<std::unique_ptr<Sink>> create(const Options& options) {
    auto settings = Settings::from(options);
    if (!settings) return settings.error();
    return std::unique_ptr<Sink>(std::make_unique<HlsSink>(*std::move(settings), system_clock()));
}

constexpr std::array sinks = {SinkFactory{.id = "hls",
                                          .summary = "HLS in the browser: low latency, fragmented MP4 or "
                                                     "MPEG-TS, from memory",
                                          .enabled = true,
                                          .options = options,
                                          .routes = routes,
                                          .service = "hls",
                                          .create = create}};

constexpr Module module = {.name = "hls", .version = RILL_VERSION, .sinks = sinks};

}  // namespace

Result<Settings> Settings::from(const Options& options) {
    Settings settings;
    const std::string& variant = options.text("variant");
    settings.variant = variant == "mpegts" ? Variant::mpegts
                       : variant == "fmp4" ? Variant::fmp4
                                           : Variant::low_latency;
    settings.segment_count = static_cast<std::size_t>(options.integer("segmentCount"));
    settings.segment_duration = options.duration("segmentDuration");
    settings.part_duration = options.duration("partDuration");
    settings.segment_max_size = static_cast<std::size_t>(options.integer("segmentMaxSize"));
    settings.close_after = options.duration("muxerCloseAfter");
    settings.always_remux = options.boolean("alwaysRemux");
    settings.rewind_window = options.duration("rewindWindow");
    auto heights = read_heights(options.list("renditions"));
    if (!heights) return heights.error();
    settings.heights = *std::move(heights);
    settings.allow_origins = options.list("allowOrigins");
    settings.directory = options.text("directory");
    return settings;
}

}  // namespace rill::hls

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &rill::hls::module;
}
