#include "rewind.hpp"

#include <rill/clock.hpp>
#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::hls {
namespace {

constexpr std::uint64_t second_us = 1'000'000;
/// Where nothing is known of the bit rate yet.
constexpr std::uint64_t usual_bandwidth = 4'000'000;

/// A file has nothing to show before its first part is whole (recordPartDuration), and the one before it is
/// over by then.
constexpr std::int64_t between_files_us = 10'000'000;

bool goes_on(const RecordedSegment& last, std::int64_t now_us) {
    return last.open || now_us - last.time.end_us < between_files_us;
}

/// Of all that is recorded in the file so far, with a quarter of reserve: what a player must expect
/// (§4.4.6.2).
std::uint64_t bandwidth_of(const RecordedSegment& segment) {
    const auto duration_us = static_cast<std::uint64_t>(segment.time.end_us - segment.time.start_us);
    if (duration_us < second_us) return usual_bandwidth;
    return std::max<std::uint64_t>(1, segment.bytes * 8 * second_us / duration_us * 5 / 4);
}

}  // namespace

void rewound_playlist(Archive& archive, const std::string& path, Nanoseconds window, const std::string& query,
                      std::function<void(std::optional<std::string>)> done) {
    // No second at all would be no window.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(window).count();
    archive.read(path, [seconds, query, done = std::move(done)](ArchiveView& view) {
        const std::int64_t now_us = utc_now_us();
        const auto nearest = view.nearest(now_us);
        if (!nearest || !nearest->before || !goes_on(*nearest->before, now_us)) return done({});
        if (nearest->before->container != Container::fmp4) return done({});
        const std::string codecs = cmaf_codecs(nearest->before->codecs);
        if (codecs.empty()) return done({});
        done(
            fmt::format("#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-STREAM-INF:BANDWIDTH={},CODECS=\"{}\"\n"
                        "index.m3u8?window={}&{}\n",
                        bandwidth_of(*nearest->before), codecs, seconds, query));
    });
}

}  // namespace rill::hls
