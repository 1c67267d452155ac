// Movie fragments that are moved in time, damaged, or random.
#include "box_reader.hpp"
#include "catch.hpp"
#include "cmaf_file.hpp"
#include "memory_file.hpp"
#include "parameter_set_builder.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/cmaf_join.hpp>
#include <rill/media/cmaf_reader.hpp>

#include <algorithm>
#include <random>
#include <string_view>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

/// A file with picture and sound, and its first part with both.
struct Recording {
    ByteVector bytes;
    cmaf::Scan scan;
    ByteVector part;
    cmaf::Fragment fragment;
};

const Recording& recording() {
    static const Recording made = [] {
        Recording of;
        of.bytes = cmaf_file({encode(h264_pipeline("bframes=2 b-adapt=false"), 1s),
                              encode(aac_pipeline(44100), 1s), encode(g711_pipeline("mulawenc"), 1s)},
                             1s);
        const MemoryFile file(of.bytes);
        of.scan = *cmaf::scan(file.fd());
        const cmaf::Part& second = of.scan.parts.at(1);
        const auto from = of.bytes.begin() + static_cast<std::ptrdiff_t>(second.offset);
        of.part.assign(from, from + static_cast<std::ptrdiff_t>(second.bytes));
        of.fragment = *cmaf::parse_fragment(of.part, of.scan.init);
        return of;
    }();
    return made;
}

cmaf::Fragment parsed(const ByteVector& bytes) {
    auto fragment = cmaf::parse_fragment(bytes, recording().scan.init);
    REQUIRE(fragment);
    return *std::move(fragment);
}

/// To another time of the same file.
Result<cmaf::MovedFragment> move(std::span<std::uint8_t> part, const cmaf::Init& init, Nanoseconds delta) {
    std::vector<cmaf::JoinedPlace> places;
    for (std::size_t track = 0; track < init.tracks.size(); ++track)
        places.push_back({.track = track, .description = 1});
    return cmaf::move_fragment(part, init,
                               {.places = places,
                                .delta = delta,
                                .sequence = recording().fragment.sequence,
                                .grown_track = {},
                                .growth = 0});
}

/// Whether an mdat follows the moof.
bool has_samples_behind(const ByteVector& bytes, const cmaf::Fragment& fragment) {
    constexpr std::string_view type = "mdat";
    const std::size_t type_at = fragment.moof_bytes + 4;
    return bytes.size() >= type_at + type.size() &&
           std::equal(type.begin(), type.end(), bytes.begin() + static_cast<std::ptrdiff_t>(type_at));
}

ByteVector moved(ByteVector part, Nanoseconds delta) {
    REQUIRE(move(part, recording().scan.init, delta));
    return part;
}

}  // namespace

TEST_CASE("a fragment is moved, and nothing but its times changes") {
    const Recording& of = recording();
    REQUIRE(of.fragment.runs.size() == 3);
    const ByteVector later = moved(of.part, 10s);
    const cmaf::Fragment fragment = parsed(later);
    const auto base = [](const cmaf::Fragment& any, std::size_t run) { return any.runs[run].samples[0].dts; };
    CHECK(base(fragment, 0) == base(of.fragment, 0) + 900000);
    CHECK(base(fragment, 1) == base(of.fragment, 1) + 441000);
    CHECK(base(fragment, 2) == base(of.fragment, 2) + 80000);
    for (std::size_t run = 0; run < 3; ++run) {
        const auto& before = of.fragment.runs[run].samples;
        const auto& after = fragment.runs[run].samples;
        REQUIRE(after.size() == before.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            CHECK(after[i].dts - base(fragment, run) == before[i].dts - base(of.fragment, run));
            CHECK(after[i].pts - before[i].pts == static_cast<std::int64_t>(after[i].dts - before[i].dts));
            CHECK(after[i].offset == before[i].offset);
        }
    }
    CHECK(moved(later, -10s) == of.part);
    // Rounded to the ticks of each track: 90, 44.1 and 8.
    const ByteVector earlier = moved(of.part, -1ms);
    const cmaf::Fragment sooner = parsed(earlier);
    CHECK(base(sooner, 0) == base(of.fragment, 0) - 90);
    CHECK(base(sooner, 1) == base(of.fragment, 1) - 44);
    CHECK(base(sooner, 2) == base(of.fragment, 2) - 8);
    CHECK(moved(earlier, 1ms) == of.part);
    CHECK(moved(of.part, 0ns) == of.part);
}

TEST_CASE("times stop at 0 and at the end of nanoseconds") {
    const Recording& of = recording();
    const cmaf::Fragment first = parsed(moved(of.part, -1h));
    for (const cmaf::RunInfo& run : first.runs) {
        CHECK(run.samples[0].dts == 0);
        CHECK(run.samples[0].dts_time == 0ns);
    }
    CHECK(moved(of.part, Nanoseconds::min()) == moved(of.part, -1h));
    const ByteVector last = moved(of.part, Nanoseconds::max());
    for (const Box& base : find_boxes(last, "moof/traf/tfdt")) {
        CHECK(base.u64(4) > std::uint64_t{8000} * 9'000'000'000);
        CHECK(base.u64(4) <= std::uint64_t{90000} * 9'223'372'037);
    }
    CHECK_FALSE(cmaf::parse_fragment(last, of.scan.init));
}

TEST_CASE("a fragment that cannot be moved stays as it is") {
    const Recording& of = recording();
    const std::size_t moof = of.fragment.moof_bytes;
    for (std::size_t size = 0; size < moof; ++size) {
        ByteVector cut(of.part.begin(), of.part.begin() + static_cast<std::ptrdiff_t>(size));
        const ByteVector before = cut;
        REQUIRE_FALSE(move(cut, of.scan.init, 1s));
        REQUIRE_FALSE(cmaf::parse_fragment(cut, of.scan.init));
        REQUIRE(cut == before);
    }
    ByteVector bytes(of.part.begin(), of.part.begin() + static_cast<std::ptrdiff_t>(moof));
    CHECK(cmaf::parse_fragment(bytes, of.scan.init));
    bytes = of.part;

    // The last of three tracks is wrong: the first two keep their times.
    const auto find_last = [&bytes](std::string_view type) {
        return std::find_end(bytes.begin(), bytes.end(), type.begin(), type.end());
    };
    *(find_last("tfdt") + 4) = 0;
    const ByteVector before = bytes;
    CHECK_FALSE(move(bytes, of.scan.init, 1s));
    CHECK(bytes == before);
}

TEST_CASE("fields that the writer never writes are refused, each by name") {
    const Recording& of = recording();
    struct Damage {
        std::string_view box;
        std::size_t offset;  ///< from the box's type
        std::vector<std::uint8_t> bytes;
        std::string_view message;
    };
    const Damage damages[] = {
        {"moof", 0, {'m', 'o', 'o', 'v'}, "moof"},
        {"mfhd", 0, {'f', 'r', 'e', 'e'}, "mfhd"},
        {"traf", 0, {'f', 'r', 'e', 'e'}, ""},
        {"tfhd", 5, {1}, "tfhd"},            // base-data-offset-present and others
        {"tfhd", 8, {0, 0, 0, 0}, "tfhd"},   // track_ID 0
        {"tfhd", 8, {0, 0, 0, 4}, "tfhd"},   // no such track
        {"tfhd", 12, {0, 0, 0, 2}, "tfhd"},  // no such sample entry
        {"tfdt", 4, {0}, "tfdt"},            // version
        {"tfdt", 8, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, "tfdt"},
        {"tfdt", 8, {0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, "tfdt"},
        {"trun", 4, {0}, "trun"},                        // version
        {"trun", 6, {0}, "trun"},                        // fields
        {"trun", 8, {0, 0, 0, 0}, "trun"},               // count
        {"trun", 8, {0xFF, 0xFF, 0xFF, 0xFF}, "trun"},   // count
        {"trun", 8, {0x10, 0, 0, 0x01}, "trun"},         // count times 16 passes 32 bits
        {"trun", 12, {0, 0, 0, 9}, "trun"},              // data in moof
        {"trun", 12, {0xFF, 0xFF, 0xFF, 0xF0}, "trun"},  // data before moof
        {"trun", 16, {0, 0, 0, 0}, "sample"},            // duration
        {"trun", 20, {0, 0, 0, 0}, "sample"},            // size
    };
    for (const Damage& damage : damages) {
        INFO(damage.box << " " << damage.offset << " " << damage.message);
        ByteVector bytes = of.part;
        const auto found = std::search(bytes.begin(), bytes.end(), damage.box.begin(), damage.box.end());
        REQUIRE(found != bytes.end());
        std::copy(damage.bytes.begin(), damage.bytes.end(),
                  found + static_cast<std::ptrdiff_t>(damage.offset));
        const auto fragment = cmaf::parse_fragment(bytes, of.scan.init);
        if (damage.message.empty()) {
            REQUIRE(fragment);
            CHECK(fragment->runs.size() == 2);
            continue;
        }
        REQUIRE_FALSE(fragment);
        CHECK(fragment.error().code == Code::unsupported_media);
        CHECK(fragment.error().message.find(damage.message) != std::string::npos);
    }
}

namespace {

class Mutations {
  public:
    explicit Mutations(ByteVector original, std::size_t headers)
        : original_(std::move(original)), headers_(headers) {}

    ByteVector next() {
        ByteVector bytes = original_;
        constexpr std::uint8_t telling[] = {0, 1, 7, 8, 0x7F, 0x80, 0xFE, 0xFF};
        for (auto changes = random_() % 5; changes > 0; --changes) {
            const std::size_t at = position();
            const auto value = random_() % 2 == 0 ? telling[random_() % std::size(telling)] : random_();
            bytes[at] = static_cast<std::uint8_t>(value);
        }
        if (random_() % 4 == 0) bytes.resize(random_() % bytes.size());
        if (random_() % 8 == 0 && !bytes.empty()) {
            const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(random_() % bytes.size());
            bytes.erase(at, std::min(at + static_cast<std::ptrdiff_t>(random_() % 16), bytes.end()));
        }
        return bytes;
    }

  private:
    /// Mostly in the boxes at the start, where it matters.
    std::size_t position() {
        return random_() % 4 == 0 ? random_() % original_.size() : random_() % headers_;
    }

    ByteVector original_;
    std::size_t headers_;
    std::mt19937 random_{20240105};
};

/// What holds for every file that can be scanned, however damaged.
void check_scan(const ByteVector& bytes, const cmaf::Scan& scan) {
    REQUIRE(scan.init.bytes <= scan.complete_bytes);
    REQUIRE(scan.complete_bytes <= bytes.size());
    REQUIRE(scan.rest.empty() == (scan.complete_bytes == bytes.size()));
    std::uint64_t end = scan.init.bytes;
    for (const cmaf::Part& part : scan.parts) {
        REQUIRE(part.offset >= end);
        end = part.offset + part.bytes;
        REQUIRE(end <= scan.complete_bytes);
        REQUIRE(part.start >= 0ns);
        const auto fragment =
            cmaf::parse_fragment(std::span(bytes).subspan(part.offset, part.bytes), scan.init);
        REQUIRE(fragment);
        REQUIRE(fragment->data_end <= part.bytes);
        for (const cmaf::RunInfo& run : fragment->runs) {
            for (const cmaf::SampleInfo& sample : run.samples)
                REQUIRE(sample.offset + sample.size <= fragment->data_end);
        }
        ByteVector copy(bytes.begin() + static_cast<std::ptrdiff_t>(part.offset),
                        bytes.begin() + static_cast<std::ptrdiff_t>(end));
        REQUIRE(move(copy, scan.init, -3s));
        REQUIRE(cmaf::parse_fragment(copy, scan.init));
    }
}

/// The writer takes what the reader gives.
void check_init(const cmaf::Init& init) {
    std::vector<std::shared_ptr<const Format>> tracks;
    for (const Format& format : init.tracks)
        tracks.push_back(std::make_shared<const Format>(format));
    const auto writer = cmaf::Writer::create(tracks, 0ns);
    REQUIRE(writer);
    const Ref<GBytes> bytes = writer->init_segment();
    gsize size = 0;
    const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(bytes.get(), &size));
    const auto again = cmaf::parse_init({data, size});
    REQUIRE(again);
    REQUIRE(again->tracks == init.tracks);
}

}  // namespace

TEST_CASE("twenty thousand damaged files") {
    const Recording& of = recording();
    const cmaf::Part& third = of.scan.parts.at(2);
    const ByteVector small(of.bytes.begin(),
                           of.bytes.begin() + static_cast<std::ptrdiff_t>(third.offset + third.bytes));
    const std::size_t headers = of.scan.parts[0].offset + 500;
    Mutations mutations(small, headers);
    std::size_t refused = 0;
    std::size_t whole = 0;
    std::size_t partial = 0;
    for (int i = 0; i < 20000; ++i) {
        const ByteVector bytes = mutations.next();
        const MemoryFile file(bytes);
        const auto scan = cmaf::scan(file.fd());
        REQUIRE(static_cast<bool>(cmaf::parse_init(bytes)) == static_cast<bool>(scan));
        if (!scan) {
            REQUIRE(scan.error().code == Code::unsupported_media);
            ++refused;
            continue;
        }
        check_init(scan->init);
        check_scan(bytes, *scan);
        (scan->rest.empty() ? whole : partial) += 1;
    }
    INFO(refused << " refused, " << whole << " whole, " << partial << " partial");
    CHECK(refused > 1000);
    CHECK(whole > 1000);
    CHECK(partial > 1000);
}

TEST_CASE("twenty thousand damaged fragments") {
    const Recording& of = recording();
    Mutations mutations(of.part, of.fragment.moof_bytes);
    std::size_t refused = 0;
    std::size_t taken = 0;
    for (int i = 0; i < 20000; ++i) {
        ByteVector bytes = mutations.next();
        const auto fragment = cmaf::parse_fragment(bytes, of.scan.init);
        const auto later = move(bytes, of.scan.init, 1s);
        if (!fragment) {
            ++refused;
            continue;
        }
        ++taken;
        // Only moving looks behind the moof.
        REQUIRE(static_cast<bool>(later) == has_samples_behind(bytes, *fragment));
        for (const cmaf::RunInfo& run : fragment->runs) {
            for (const cmaf::SampleInfo& sample : run.samples) {
                REQUIRE(sample.size > 0);
                REQUIRE(sample.duration > 0);
                REQUIRE(sample.dts_time >= 0ns);
                REQUIRE(sample.duration_time >= 0ns);
            }
        }
    }
    INFO(refused << " refused, " << taken << " taken");
    CHECK(refused > 1000);
    CHECK(taken > 1000);
}
