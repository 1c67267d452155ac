#include "catch.hpp"
#include "cutter.hpp"
#include "fmp4_writer.hpp"
#include "parameter_set_builder.hpp"

#include <numeric>

using namespace rill;
using namespace rill::record;
using namespace rill::test;
using namespace std::chrono_literals;

namespace {

using FormatPtr = std::shared_ptr<const Format>;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t first_utc = 1'700'000'000 * second;

FormatPtr picture(int width = 320) {
    BitWriter sps;
    sps.bits(77, 8).bits(0, 8).bits(13, 8).ue({0, 0, 0, 0, 2}).flag(false);
    sps.ue({static_cast<std::uint64_t>(width / 16 - 1), 14}).flags("1101").flag(false);
    Format format;
    format.config = avcc(sps.nal({0x67}));
    format.width = width;
    format.height = 240;
    return std::make_shared<const Format>(format);
}

FormatPtr sound(int channels = 2) {
    Format format;
    format.kind = Kind::audio;
    format.codec = Codec::opus;
    format.sample_rate = 48000;
    format.channels = channels;
    return std::make_shared<const Format>(format);
}

/// What a cutter has written, and a camera that writes into it: 25 pictures a second, sound of 20 ms.
struct Rig final : ArchiveWriter {
    std::vector<NewSegment> segments;
    std::vector<std::vector<NewPart>> parts;  // of each segment
    std::vector<Error> errors;
    Fmp4Writer writer{*this};
    FormatPtr video = picture();
    FormatPtr audio = sound();
    Cutter cutter;
    Nanoseconds now = 100s;
    Nanoseconds next_sound = 100s;
    std::int64_t clock = 0;
    int gop = 25;
    int since_keyframe = 0;
    std::size_t picture_bytes = 1000;
    bool has_sound = true;
    bool has_picture = true;

    explicit Rig(Cutter::Settings settings = usual()) : Rig(settings, sound()) {}
    /// `known`: of the sound, before its first unit.
    Rig(Cutter::Settings settings, FormatPtr known)
        : cutter(settings, {video, std::move(known)}, writer,
                 [this](const Error& error) { errors.push_back(error); }) {}
    static Cutter::Settings usual() {
        return {.part_duration = 1s, .segment_duration = 10s, .part_max_bytes = 50'000'000};
    }

    void begin(NewSegment segment) override {
        segments.push_back(std::move(segment));
        parts.emplace_back();
    }
    void append(NewPart part) override { parts.back().push_back(std::move(part)); }

    static UnitPtr unit(const FormatPtr& format, Nanoseconds at, std::int64_t clock, bool keyframe,
                        std::size_t bytes) {
        auto made = std::make_shared<AccessUnit>();
        made->format = format;
        made->dts = made->pts = at;
        made->utc_us = first_utc + (at - 100s) / 1us + clock;
        made->keyframe = keyframe;
        ByteVector nal(bytes, 0x5a);
        nal[0] = keyframe ? 0x65 : 0x41;
        const ByteVector data = length_prefixed({nal});
        made->buffer = Ref<GstBuffer>::adopt(gst_buffer_new_memdup(data.data(), data.size()));
        return made;
    }

    void run(Nanoseconds time) {
        for (const Nanoseconds end = now + time; now < end; now += 40ms) {
            if (has_picture) {
                cutter.push(0, unit(video, now, clock, since_keyframe == 0, picture_bytes));
                since_keyframe = (since_keyframe + 1) % gop;
            }
            for (; next_sound <= now; next_sound += 20ms)
                if (has_sound) cutter.push(1, unit(audio, next_sound, clock, true, 80));
            cutter.cut();
        }
    }
    void outage(Nanoseconds time) {
        now += time;
        next_sound = now;
        since_keyframe = 0;
    }
    std::int64_t end_us(std::size_t segment) const {
        return std::accumulate(parts[segment].begin(), parts[segment].end(), segments[segment].start_us,
                               [](std::int64_t sum, const NewPart& part) { return sum + part.duration_us; });
    }
};

}  // namespace

TEST_CASE("parts are as long as they may be, and segments follow each other without a gap") {
    Rig rig;
    rig.run(35s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 4);
    CHECK_FALSE(rig.segments[0].continues);
    CHECK(rig.segments[0].start_us == first_utc);
    CHECK(rig.segments[0].formats.size() == 2);
    for (std::size_t at = 1; at < 4; ++at) {
        CHECK(rig.segments[at].continues);
        CHECK(rig.segments[at].start_us == rig.end_us(at - 1));
        CHECK(rig.parts[at].front().keyframe);
    }
    for (std::size_t at = 0; at < 3; ++at) {
        CHECK(rig.end_us(at) - rig.segments[at].start_us == 10 * second);
        CHECK(rig.parts[at].size() == 10);
    }
    CHECK(rig.end_us(3) == first_utc + 35 * second);
    CHECK(rig.cutter.left_out() == 0);
}

TEST_CASE("every keyframe begins a part, unless parts would be tiny") {
    SECTION("GOP of 1.6 s") {
        Rig rig;
        rig.gop = 40;
        rig.run(17s);
        std::size_t keyframes = 0;
        for (const auto& parts : rig.parts)
            keyframes += static_cast<std::size_t>(std::ranges::count_if(parts, &NewPart::keyframe));
        CHECK(keyframes == 10);
    }
    SECTION("GOP a little longer than two parts") {
        Rig rig;
        rig.gop = 53;
        rig.run(53 * 40ms * 8);
        std::size_t keyframes = 0;
        for (const auto& parts : rig.parts)
            keyframes += static_cast<std::size_t>(std::ranges::count_if(parts, &NewPart::keyframe));
        CHECK(keyframes == 8);
    }
    SECTION("pictures that do not divide a second") {
        Rig rig({.part_duration = 990ms, .segment_duration = 10s, .part_max_bytes = 50'000'000});
        rig.gop = 50;
        rig.run(9s);
        rig.cutter.flush();
        CHECK(rig.parts[0].size() == 9);
    }
    SECTION("nothing but keyframes") {
        Rig rig;
        rig.gop = 1;
        rig.run(9s);
        CHECK(rig.parts[0].size() >= 8);
        CHECK(rig.parts[0].size() <= 18);
    }
}

TEST_CASE("a part ends before it gets too large") {
    Rig rig({.part_duration = 1s, .segment_duration = 10s, .part_max_bytes = 30'000});
    rig.picture_bytes = 10'000;
    rig.run(3s);
    for (const NewPart& part : rig.parts[0])
        CHECK(cmaf::size_of(part.bytes) < 32'000);
    CHECK(rig.parts[0].size() >= 24);
}

TEST_CASE("a hole ends the segment, and what follows does not continue it") {
    Rig rig;
    rig.run(5s);
    rig.outage(8s);
    rig.run(5s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 2);
    CHECK(rig.end_us(0) == first_utc + 5 * second);
    CHECK_FALSE(rig.segments[1].continues);
    CHECK(rig.segments[1].start_us == first_utc + 13 * second);
    CHECK(rig.end_us(1) == first_utc + 18 * second);
}

TEST_CASE("a new resolution is a new segment at the same moment") {
    Rig rig;
    rig.run(4s);
    rig.video = picture(640);
    rig.since_keyframe = 0;
    rig.run(4s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 2);
    CHECK(rig.segments[1].continues);
    CHECK(rig.segments[1].formats[0]->width == 640);
    CHECK(rig.segments[1].start_us == rig.end_us(0));
    CHECK(rig.cutter.left_out() == 0);
}

TEST_CASE("sound of which nothing is known yet is in the file that begins after its first unit") {
    Rig rig(Rig::usual(), nullptr);
    CHECK_FALSE(rig.cutter.knows_all_formats());
    SECTION("it comes before the first cut") {
        rig.cutter.push(1, Rig::unit(rig.audio, rig.now, 0, true, 80));
        CHECK(rig.cutter.knows_all_formats());
        rig.next_sound += 20ms;
        rig.run(5s);
        REQUIRE(rig.segments.size() == 1);
        CHECK(rig.segments[0].formats.size() == 2);
    }
    SECTION("it comes later") {
        rig.has_sound = false;
        rig.run(2500ms);
        REQUIRE(rig.segments.size() == 1);
        CHECK(rig.segments[0].formats.size() == 1);
        CHECK(rig.parts[0].size() == 2);
        rig.has_sound = true;
        rig.next_sound = rig.now;
        rig.run(2500ms);
        REQUIRE(rig.segments.size() == 2);
        CHECK(rig.segments[1].formats.size() == 2);
        CHECK(rig.segments[1].continues);
        // The keyframe of the part that was not written yet.
        CHECK(rig.segments[1].start_us == first_utc + 2 * second);
    }
    SECTION("it never comes") {
        rig.has_sound = false;
        rig.run(12s);
        rig.cutter.flush();
        REQUIRE(rig.segments.size() == 2);
        CHECK(rig.end_us(1) == first_utc + 12 * second);
    }
    CHECK(rig.errors.empty());
}

TEST_CASE("silent sound holds nothing up, and is there again when it comes back") {
    Rig rig;
    rig.run(3s);
    rig.has_sound = false;
    rig.run(5s);
    rig.has_sound = true;
    rig.run(2s);
    rig.cutter.flush();
    CHECK(rig.segments.size() == 1);
    CHECK(rig.end_us(0) == first_utc + 10 * second);
    CHECK(rig.cutter.left_out() == 0);
}

TEST_CASE("sound goes on when the picture does not") {
    Rig rig;
    rig.run(3s);
    rig.has_picture = false;
    rig.run(10s);
    const std::size_t written = rig.parts[0].size();
    CHECK(written >= 5);
    CHECK(rig.end_us(0) > first_utc + 10 * second);
}

TEST_CASE("parts stay short for as long as the picture is gone") {
    Rig rig;
    rig.run(3s);
    rig.has_picture = false;
    for (int i = 0; i < 100; ++i) {
        rig.run(1s);
        CHECK(rig.cutter.cut() <= 1s);
    }
    for (const NewPart& part : rig.parts[0])
        CHECK(part.duration_us <= 3 * second);
}

TEST_CASE("sound after a hole does not go on with the part before it") {
    Rig rig;
    rig.run(3s);
    const bool sound_goes_on = GENERATE(false, true);
    rig.has_picture = false;
    if (sound_goes_on) rig.run(5s);
    const Nanoseconds end = rig.now;
    rig.now += 3h;
    rig.next_sound = rig.now;
    // First one unit, and then more.
    rig.run(40ms);
    rig.run(5s);
    CHECK(std::abs(rig.end_us(0) - (first_utc + (end - 100s) / 1us)) <= 40'000);
    REQUIRE(rig.segments.size() == 1);
    rig.has_picture = true;
    rig.since_keyframe = 0;
    const Nanoseconds back = rig.now;
    rig.run(5s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 2);
    CHECK_FALSE(rig.segments[1].continues);
    CHECK(rig.segments[1].start_us == first_utc + (back - 100s) / 1us);
    CHECK(rig.end_us(1) == first_utc + (rig.now - 100s) / 1us);
}

TEST_CASE("sound does not pile up while no file can begin") {
    Rig rig;
    SECTION("no picture yet") {
        rig.has_picture = false;
    }
    SECTION("no picture, and sound that files cannot have") {
        Format broken = *sound();
        broken.channels = 7;
        rig.audio = std::make_shared<const Format>(broken);
        rig.run(20s);
        rig.has_picture = false;
    }
    rig.run(10s);
    const std::uint64_t before = rig.cutter.left_out();
    rig.run(60s);
    CHECK(rig.cutter.left_out() - before == 60 * 50);
}

TEST_CASE("a jump of the clock begins a recording that does not continue the one before") {
    Rig rig;
    rig.run(3s);
    const std::int64_t jump = GENERATE(-3600 * second, 3600 * second);
    rig.clock = jump;
    rig.run(4s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 2);
    CHECK_FALSE(rig.segments[1].continues);
    CHECK(rig.segments[1].start_us == first_utc + 3 * second + jump);
}

TEST_CASE("another format of the sound is taken up with the next keyframe") {
    Rig rig;
    rig.run(2s + 400ms);
    rig.audio = sound(1);
    rig.run(3s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 2);
    CHECK(rig.segments[1].formats[1]->channels == 1);
    CHECK(rig.segments[1].continues);
    CHECK(rig.cutter.left_out() > 0);
    CHECK(rig.cutter.left_out() <= 31);
}

TEST_CASE("another format of the sound that begins with a keyframe is taken up with that one") {
    Rig rig;
    rig.run(3s);
    rig.audio = sound(1);
    rig.run(3s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() == 2);
    CHECK(rig.segments[1].start_us == first_utc + 3'000'000);
    CHECK(rig.cutter.left_out() <= 1);  // the one that began 20 ms before it
}

TEST_CASE("what cannot be written is said once a segment and leaves the others alone") {
    Rig rig;
    Format broken = *sound();
    broken.channels = 7;
    rig.audio = std::make_shared<const Format>(broken);
    rig.run(4s);
    rig.cutter.flush();
    REQUIRE(rig.segments.size() >= 1);
    CHECK(rig.segments.back().formats.size() == 1);
    CHECK(rig.errors.size() <= rig.segments.size());
    CHECK_FALSE(rig.errors.empty());
}

TEST_CASE("a track that can never be written begins no new files") {
    Rig rig;
    Format broken = *sound();
    broken.channels = 7;
    rig.audio = std::make_shared<const Format>(broken);
    rig.run(20s);
    rig.cutter.flush();
    // That of the track's first format, and then one each ten seconds.
    CHECK(rig.segments.size() <= 3);
    CHECK(rig.errors.size() == 1);
}
