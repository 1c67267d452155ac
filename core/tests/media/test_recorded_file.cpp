#include "catch.hpp"
#include "cmaf_file.hpp"

#include <rill/bytes.hpp>
#include <rill/recorded_codecs.hpp>
#include <rill/recorded_file.hpp>

#include <algorithm>
#include <filesystem>

using namespace rill;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

/// What the index would say of a file.
struct Known {
    std::vector<std::uint8_t> bytes;
    std::uint32_t init_bytes = 0;
    std::vector<RecordedPart> parts;
};

std::size_t box_at(const std::vector<std::uint8_t>& bytes, std::size_t at) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
        size = size << 8 | bytes[at + i];
    return size;
}

/// ftyp, moov, and then moof and mdat in turns.
const Known& known() {
    static const Known known = [] {
        Known made;
        made.bytes = cmaf_file({encode(h264_pipeline(""), 1s)}, 1s);
        const std::size_t ftyp = box_at(made.bytes, 0);
        made.init_bytes = static_cast<std::uint32_t>(ftyp + box_at(made.bytes, ftyp));
        for (std::size_t at = made.init_bytes; at < made.bytes.size();) {
            const std::size_t moof = box_at(made.bytes, at);
            const auto bytes = static_cast<std::uint32_t>(moof + box_at(made.bytes, at + moof));
            made.parts.push_back({{}, at, bytes, false});
            at += bytes;
        }
        return made;
    }();
    return known;
}

RecordedFile opened(const TemporaryFile& file, const std::vector<std::uint8_t>& bytes) {
    file.write(bytes);
    auto open = RecordedFile::open(file.path());
    REQUIRE(open);
    return *std::move(open);
}

template <class T>
void check_damaged(const Result<T>& result, const TemporaryFile& file) {
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::internal);
    const std::string name = std::filesystem::path(file.path()).filename();
    CHECK(result.error().message.find("the recording " + name + " is damaged") == 0);
}

}  // namespace

TEST_CASE("a recorded file gives its head, the moof of each part, and any of its bytes") {
    const TemporaryFile file;
    const RecordedFile open = opened(file, known().bytes);
    const auto init = open.read_init(known().init_bytes);
    REQUIRE(init);
    CHECK(init->bytes == known().init_bytes);
    REQUIRE(known().parts.size() > 5);
    for (const RecordedPart& part : known().parts) {
        const auto moof = open.read_moof(part);
        REQUIRE(moof);
        CHECK(moof->size() == box_at(known().bytes, part.offset) + 8);
        CHECK(std::equal(moof->begin(), moof->end(),
                         known().bytes.begin() + static_cast<std::ptrdiff_t>(part.offset)));
        CHECK(cmaf::parse_fragment(*moof, *init));
        const auto whole = open.read(part.offset, part.bytes);
        REQUIRE(whole);
        CHECK(std::ranges::equal(view(*whole), std::span(known().bytes).subspan(part.offset, part.bytes)));
    }
}

TEST_CASE("a recorded file that is deleted is read to its end, and not opened again") {
    const TemporaryFile file;
    const RecordedFile open = opened(file, known().bytes);
    std::filesystem::remove(file.path());
    CHECK(open.read(0, known().bytes.size()));
    const auto again = RecordedFile::open(file.path());
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Code::not_found);
    const auto folder = RecordedFile::open(std::filesystem::path(file.path()) / "x");
    REQUIRE_FALSE(folder);
    CHECK(folder.error().code == Code::not_found);
}

TEST_CASE("a recorded file that is not what the index says is damaged, and named") {
    const TemporaryFile file;
    std::vector<std::uint8_t> bytes = known().bytes;
    RecordedPart part = known().parts[2];
    const std::size_t moof = box_at(bytes, part.offset);

    SECTION("it ends in a part") {
        bytes.resize(part.offset + 60);
        const RecordedFile open = opened(file, bytes);
        check_damaged(open.read_moof(part), file);
        check_damaged(open.read(part.offset, part.bytes), file);
        CHECK(open.read(part.offset, 60));
    }
    SECTION("it ends in its head") {
        bytes.resize(known().init_bytes - 1);
        check_damaged(opened(file, bytes).read_init(known().init_bytes), file);
    }
    SECTION("its head is something else") {
        std::fill_n(bytes.begin(), known().init_bytes, std::uint8_t{0});
        check_damaged(opened(file, bytes).read_init(known().init_bytes), file);
    }
    SECTION("its head cannot be so long") {
        check_damaged(opened(file, bytes).read_init(0xFFFF'FFFF), file);
    }
    SECTION("no part begins there") {
        part.offset += 4;
        check_damaged(opened(file, bytes).read_moof(part), file);
    }
    SECTION("a part is too short to be one") {
        part.bytes = 15;
        check_damaged(opened(file, bytes).read_moof(part), file);
    }
    SECTION("moof says that it is longer than the part") {
        const std::size_t size = GENERATE(as<std::size_t>(), 0, 7, 0x0100'0000, 0xFFFF'FFFF);
        for (std::size_t i = 0; i < 4; ++i)
            bytes[part.offset + i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
        check_damaged(opened(file, bytes).read_moof(part), file);
    }
    SECTION("mdat does not end where the part does") {
        ++bytes[part.offset + moof + 3];
        check_damaged(opened(file, bytes).read_moof(part), file);
    }
}

TEST_CASE("a moof that is longer than most is read whole") {
    std::vector<std::uint8_t> bytes(10'000 + 8 + 5);
    const auto put = [&bytes](std::size_t at, std::size_t size, std::string_view type) {
        for (std::size_t i = 0; i < 4; ++i) {
            bytes[at + i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
            bytes[at + 4 + i] = static_cast<std::uint8_t>(type[i]);
        }
    };
    put(0, 10'000, "moof");
    put(10'000, 13, "mdat");
    bytes[9'999] = 7;
    const TemporaryFile file;
    const RecordedFile open = opened(file, bytes);
    const auto moof = open.read_moof({{}, 0, static_cast<std::uint32_t>(bytes.size()), false});
    REQUIRE(moof);
    CHECK(std::ranges::equal(*moof, std::span(bytes).first(10'008)));
}

TEST_CASE("codecs are named as RFC 6381 does, and G.711 by its sample entry") {
    Format video;
    video.codec_string = "avc1.64001f";
    Format ulaw;
    ulaw.kind = Kind::audio;
    ulaw.codec = Codec::pcmu;
    std::string codecs;
    append_codec(codecs, "");
    append_codec(codecs, recorded_codec(video));
    append_codec(codecs, "");
    append_codec(codecs, recorded_codec(ulaw));
    append_codec(codecs, "opus");
    CHECK(codecs == "avc1.64001f,ulaw,opus");
    CHECK(has_codec(codecs, Codec::h264));
    CHECK(has_codec(codecs, Codec::pcmu));
    CHECK(has_codec(codecs, Codec::opus));
    CHECK_FALSE(has_codec(codecs, Codec::pcma));
    CHECK_FALSE(has_codec(codecs, Codec::h265));
    CHECK_FALSE(has_codec("", Codec::h264));
    CHECK(cmaf_codecs(codecs) == "avc1.64001f,opus");
    CHECK(cmaf_codecs("ulaw,alaw").empty());
    CHECK(cmaf_codecs("mp4v.6C,mp4a.40.2,lpcm,g722") == "mp4a.40.2");
    CHECK(has_codec("mp4v.6C", Codec::mjpeg));
    CHECK_FALSE(has_codec("mp4v.6C", Codec::aac));
    CHECK(cmaf_codecs("").empty());
}
