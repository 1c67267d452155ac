#include "catch.hpp"
#include "cmaf_file.hpp"

#include <rill/media/cmaf.hpp>
#include <rill/media/cmaf_units.hpp>

#include <algorithm>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t morning = 1'767'866'400'000'000;

Ref<GBytes> joined(const cmaf::Chunks& chunks) {
    std::vector<std::uint8_t> bytes;
    for (const auto& chunk : chunks) {
        gsize size = 0;
        const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(chunk.get(), &size));
        bytes.insert(bytes.end(), data, data + size);
    }
    return Ref<GBytes>::adopt(g_bytes_new(bytes.data(), bytes.size()));
}

cmaf::Init init_of(const cmaf::Writer& writer) {
    const auto bytes = writer.init_segment();
    gsize size = 0;
    const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(bytes.get(), &size));
    auto init = cmaf::parse_init({data, size});
    REQUIRE(init);
    return *std::move(init);
}

std::vector<std::uint8_t> bytes_of(const AccessUnit& unit) {
    const MappedBuffer mapped(unit.buffer.get());
    return {mapped.bytes().begin(), mapped.bytes().end()};
}

}  // namespace

TEST_CASE("units come back as they were written") {
    const std::vector<EncodedStream> streams = {encode(h264_pipeline("bframes=2"), 10s),
                                                encode(g711_pipeline("mulawenc"), 10s)};
    auto writer = cmaf::Writer::create({streams[0].format, streams[1].format}, 9s);
    REQUIRE(writer);
    const std::vector<cmaf::Run> runs = {{0, streams[0].units, streams[0].end},
                                         {1, streams[1].units, streams[1].end}};
    const auto fragment = joined(writer->fragment(runs));
    const cmaf::UnitReader reader(init_of(*writer), morning);
    const auto read = reader.units(fragment);
    REQUIRE(read);
    REQUIRE(read->size() == 2);
    for (std::size_t track = 0; track < 2; ++track) {
        const auto& written = streams[track].units;
        const auto& units = (*read)[track];
        REQUIRE(units.size() == written.size());
        for (std::size_t i = 0; i < units.size(); ++i) {
            INFO("track " << track << " unit " << i);
            CHECK(units[i]->format == reader.formats()[track]);
            CHECK(std::chrono::abs(units[i]->dts - (written[i]->dts - 9s)) < 100us);
            CHECK(std::chrono::abs(units[i]->pts - (written[i]->pts - 9s)) < 100us);
            CHECK(units[i]->utc_us == morning + units[i]->pts / 1us);
            CHECK(units[i]->keyframe == written[i]->keyframe);
            // The writer leaves parameter sets and delimiters out.
            const auto before = bytes_of(*written[i]);
            const auto after = bytes_of(*units[i]);
            CHECK(std::search(before.begin(), before.end(), after.begin(), after.end()) != before.end());
        }
    }
}

TEST_CASE("units outside of their fragment are refused") {
    const EncodedStream stream = encode(g711_pipeline("alawenc"));
    auto writer = cmaf::Writer::create({stream.format}, 0ns);
    REQUIRE(writer);
    const std::vector<cmaf::Run> runs = {{0, stream.units, stream.end}};
    const auto whole = joined(writer->fragment(runs));
    const cmaf::UnitReader reader(init_of(*writer), morning);
    const auto cut =
        Ref<GBytes>::adopt(g_bytes_new_from_bytes(whole.get(), 0, g_bytes_get_size(whole.get()) - 1));
    const auto read = reader.units(cut);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::unsupported_media);
}
