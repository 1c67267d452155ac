#include "box_reader.hpp"
#include "catch.hpp"
#include "cmaf_file.hpp"
#include "parameter_set_builder.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/cmaf_join.hpp>
#include <rill/media/cmaf_progressive.hpp>
#include <rill/media/formats.hpp>

#include <algorithm>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

Format format_of(const char* caps) {
    const auto parsed = Ref<GstCaps>::adopt(gst_caps_from_string(caps));
    auto format = format_from_caps(parsed.get());
    REQUIRE(format);
    return *std::move(format);
}

Format mono() {
    return format_of("audio/x-mulaw,rate=8000,channels=1");
}
Format stereo() {
    return format_of("audio/x-mulaw,rate=8000,channels=2");
}
Format fast() {
    return format_of("audio/x-mulaw,rate=16000,channels=1");
}
Format alaw() {
    return format_of("audio/x-alaw,rate=8000,channels=1");
}

cmaf::Init init_of(const std::vector<Format>& formats) {
    cmaf::Init init;
    for (const Format& format : formats) {
        init.tracks.push_back(format);
        init.time_scales.push_back(static_cast<std::uint32_t>(format.sample_rate));
    }
    return init;
}

using Places = std::vector<cmaf::JoinedPlace>;

}  // namespace

TEST_CASE("joined tracks are one for each codec and time scale, with an entry for each format") {
    cmaf::JoinedTracks joined;
    CHECK(joined.add(init_of({mono()})) == Places{{0, 1}});
    CHECK(joined.add(init_of({mono()})) == Places{{0, 1}});
    CHECK(joined.add(init_of({alaw(), stereo()})) == Places{{1, 1}, {0, 2}});
    CHECK(joined.add(init_of({fast()})) == Places{{2, 1}});
    CHECK(joined.add(init_of({mono(), mono()})) == Places{{0, 1}, {3, 1}});
    CHECK(joined.tracks().size() == 4);
    CHECK(joined.tracks()[0].descriptions.size() == 2);
    CHECK(joined.tracks()[2].time_scale == 16000);
}

TEST_CASE("the head of a joined file has its entries, its start and its length") {
    cmaf::JoinedTracks joined;
    joined.add(init_of({mono(), alaw()}));
    joined.add(init_of({stereo()}));
    const auto head = joined.init_segment(1500ms, 60s);
    gsize size = 0;
    const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(head.get(), &size));
    const ByteVector bytes(data, data + size);
    const auto descriptions = find_boxes(bytes, "moov/trak/mdia/minf/stbl/stsd");
    REQUIRE(descriptions.size() == 2);
    CHECK(descriptions[0].u32(4) == 2);
    CHECK(descriptions[1].u32(4) == 1);
    const auto edits = find_boxes(bytes, "moov/trak/edts/elst");
    REQUIRE(edits.size() == 2);
    CHECK(edits[0].u32(4) == 1);
    CHECK(edits[0].u32(8) == 0);  // to the end
    CHECK(edits[0].u32(12) == 0);
    CHECK(edits[0].u32(20) == 12000);
    CHECK(edits[0].u32(24) == 0x10000);
    CHECK(find_boxes(bytes, "moov/mvex/mehd").at(0).u32(8) == 60000);

    const auto plain = joined.init_segment(0s, 0s);
    const auto* start = static_cast<const std::uint8_t*>(g_bytes_get_data(plain.get(), &size));
    const ByteVector without(start, start + size);
    CHECK(find_boxes(without, "moov/trak/edts").empty());
    CHECK(find_boxes(without, "moov/mvex/mehd").empty());
}

namespace {

struct Stored {
    cmaf::Init init;
    ByteVector part;  ///< one part of pictures and sound
};

const Stored& stored() {
    static const Stored made = [] {
        Stored result;
        const auto video = encode(h264_pipeline(""));
        const ByteVector file = cmaf_file({video, encode(aac_pipeline(48000))}, video.units.front()->dts);
        result.init = *cmaf::parse_init(file);
        const auto boxes = find_boxes(file, "moof");
        const auto part = [&](std::size_t index) {
            return file.begin() + static_cast<std::ptrdiff_t>(boxes[index].position);
        };
        result.part.assign(part(5), part(6));
        return result;
    }();
    return made;
}

}  // namespace

TEST_CASE("a track that is left out is free space, and the other has its samples where they were") {
    const auto& [init, part] = stored();
    const auto before = cmaf::parse_fragment(part, init);
    REQUIRE(before);
    REQUIRE(before->runs.size() == 2);
    ByteVector bytes = part;
    const Places places{{0}, {cmaf::JoinedPlace::left_out}};
    REQUIRE(cmaf::move_fragment(
        bytes, init, {.places = places, .delta = 0s, .sequence = 1, .grown_track = {}, .growth = 0}));
    CHECK(bytes.size() == part.size());
    CHECK(find_boxes(bytes, "moof/traf").size() == 1);
    CHECK(find_boxes(bytes, "moof/free").size() == 1);
    const auto after = cmaf::parse_fragment(bytes, init);
    REQUIRE(after);
    REQUIRE(after->runs.size() == 1);
    CHECK(after->runs[0].samples.size() == before->runs[0].samples.size());
    CHECK(after->runs[0].samples.front().offset == before->runs[0].samples.front().offset);
}

TEST_CASE("a moved fragment has its samples where they were, for other tracks and later") {
    const auto& [init, part] = stored();
    const auto before = cmaf::parse_fragment(part, init);
    REQUIRE(before);
    ByteVector bytes = part;
    const Places places{{3, 2}, {1, 5}};
    const auto moved = cmaf::move_fragment(
        bytes, init, {.places = places, .delta = 10s, .sequence = 4711, .grown_track = {}, .growth = 0});
    REQUIRE(moved);
    CHECK(moved->moof_bytes == before->moof_bytes);
    CHECK_FALSE(moved->growth_at);
    const auto headers = find_boxes(bytes, "moof/traf/tfhd");
    CHECK(headers.at(0).u32(4) == 4);
    CHECK(headers.at(0).u32(8) == 2);
    CHECK(headers.at(1).u32(4) == 2);
    CHECK(headers.at(1).u32(8) == 5);
    CHECK(find_boxes(bytes, "moof/mfhd").at(0).u32(4) == 4711);
    const auto old_times = find_boxes(part, "moof/traf/tfdt");
    const auto times = find_boxes(bytes, "moof/traf/tfdt");
    CHECK(times.at(0).u32(8) == old_times.at(0).u32(8) + 900000);
    CHECK(times.at(1).u32(8) == old_times.at(1).u32(8) + 480000);
    CHECK(std::equal(bytes.begin() + static_cast<std::ptrdiff_t>(before->moof_bytes), bytes.end(),
                     part.begin() + static_cast<std::ptrdiff_t>(before->moof_bytes)));
}

TEST_CASE("a fragment that grows makes room in front of a track's first sample") {
    const auto& [init, part] = stored();
    const auto before = cmaf::parse_fragment(part, init);
    REQUIRE(before);
    const Places places{{0, 1}, {1, 1}};
    const auto sets = cmaf::in_band_parameter_sets(init.tracks[0]);
    CHECK(sets.size() > 16);
    CHECK(cmaf::in_band_parameter_sets(init.tracks[1]).empty());
    for (std::size_t track = 0; track < 2; ++track) {
        ByteVector bytes = part;
        const auto moved = cmaf::move_fragment(bytes, init,
                                               {.places = places,
                                                .delta = 0s,
                                                .sequence = before->sequence,
                                                .grown_track = track,
                                                .growth = static_cast<std::uint32_t>(sets.size())});
        REQUIRE(moved);
        REQUIRE(moved->growth_at == before->runs[track].samples.front().offset);
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(*moved->growth_at), sets.begin(),
                     sets.end());
        const auto after = cmaf::parse_fragment(bytes, init);
        REQUIRE(after);
        CHECK(after->data_end == bytes.size());
        CHECK(find_boxes(bytes, "mdat").at(0).position == before->moof_bytes);
        for (std::size_t run = 0; run < 2; ++run) {
            for (std::size_t i = 0; i < after->runs[run].samples.size(); ++i) {
                const auto& old = before->runs[run].samples[i];
                const auto& now = after->runs[run].samples[i];
                const bool grown = run == track && i == 0;
                REQUIRE(now.size == old.size + (grown ? sets.size() : 0));
                const std::uint64_t skipped = grown ? sets.size() : 0;
                const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(now.offset + skipped);
                REQUIRE(
                    std::equal(at, at + old.size, part.begin() + static_cast<std::ptrdiff_t>(old.offset)));
            }
        }
    }
}

TEST_CASE("a fragment that cannot be moved to a joined file stays as it is") {
    const auto& [init, part] = stored();
    const Places places{{0, 1}, {1, 1}};
    const cmaf::FragmentMove move{
        .places = places, .delta = 1s, .sequence = 9, .grown_track = 0, .growth = 20};
    ByteVector bytes = part;
    cmaf::FragmentMove few = move;
    few.places = std::span(places).first(1);
    CHECK(cmaf::move_fragment(bytes, init, few).error().code == Code::invalid_config);
    const std::size_t headers = find_boxes(part, "mdat").at(0).position + 8;
    for (std::size_t size = 0; size < headers; ++size) {
        ByteVector cut(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(size));
        const ByteVector before = cut;
        REQUIRE_FALSE(cmaf::move_fragment(cut, init, move));
        REQUIRE(cut == before);
    }
    bytes.resize(headers);
    CHECK(cmaf::move_fragment(bytes, init, move));
    // Any byte of the headers may be wrong; nothing outside of them is read or written.
    for (std::size_t at = 0; at < headers; ++at) {
        for (const int value : {0, 1, 8, 0x7F, 0xFF}) {
            ByteVector damaged(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(headers));
            damaged[at] = static_cast<std::uint8_t>(value);
            const ByteVector before = damaged;
            if (!cmaf::move_fragment(damaged, init, move)) REQUIRE(damaged == before);
        }
    }
}

TEST_CASE("a progressive file beyond 4 GiB has wide offsets and a wide mdat") {
    const auto& [init, part] = stored();
    const auto fragment = cmaf::parse_fragment(part, init);
    REQUIRE(fragment);
    cmaf::JoinedTracks joined;
    const auto places = joined.add(init);
    constexpr std::uint64_t far = std::uint64_t{5} << 30;
    for (const bool wide : {false, true}) {
        cmaf::SampleTables tables;
        tables.add(*fragment, init, places, 0s, 0);
        tables.add(*fragment, init, places, 1s, wide ? far : part.size());
        CHECK(tables.samples() == 2 * (fragment->runs[0].samples.size() + fragment->runs[1].samples.size()));
        const std::uint64_t content = (wide ? far : part.size()) + part.size();
        const auto head = tables.head(joined, 0s, content);
        gsize size = 0;
        const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(head.get(), &size));
        const std::size_t mdat = wide ? 16 : 8;
        const ByteVector bytes(data, data + size - mdat);
        const std::string table = std::string("moov/trak/mdia/minf/stbl/") + (wide ? "co64" : "stco");
        const auto chunks = find_boxes(bytes, table);
        REQUIRE(chunks.size() == 2);
        CHECK(chunks[0].u32(4) == 2);
        const std::uint64_t first = size + fragment->runs[0].samples.front().offset;
        if (wide) {
            CHECK(chunks[0].u64(8) == first);
            CHECK(chunks[0].u64(16) == first + far);
            CHECK(std::string(data + size - 16, data + size - 8) == std::string("\0\0\0\1mdat", 8));
        } else {
            CHECK(chunks[0].u32(8) == first);
            CHECK(chunks[0].u32(12) == first + part.size());
            CHECK(std::string(data + size - 4, data + size) == "mdat");
        }
    }
}
