// The real decoder, by itself.
#include "await.hpp"
#include "decoder.hpp"
#include "faulty_decoder.hpp"
#include "no_decoder.hpp"
#include "testing.hpp"

#include <rill/pipeline.hpp>

#include <future>

using namespace rill;
using namespace rill::preview;
using namespace rill::preview::testing;

namespace {

EncodedPicture picture(const std::string& name, std::size_t unit = 0, int width = 160) {
    const auto& units = stream(name).units;
    const MappedBuffer mapped(units.at(unit)->buffer.get());
    return {units[unit]->format,
            Ref<GBytes>::adopt(g_bytes_new(mapped.bytes().data(), mapped.bytes().size())), width};
}

EncodedPicture junk(const std::string& name) {
    auto picture_of = picture(name);
    const std::vector<std::uint8_t> bytes(1000, 0x55);
    picture_of.unit = Ref<GBytes>::adopt(g_bytes_new(bytes.data(), bytes.size()));
    return picture_of;
}

/// A decoder on a loop of its own.
class Bench {
  public:
    explicit Bench(std::chrono::milliseconds patience = test::patience()) {
        loop_.post([this, patience] { decoder_ = std::make_unique<Decoder>(loop_, patience); });
    }
    ~Bench() {
        loop_.post([this] { decoder_.reset(); });
    }
    Result<Ref<GBytes>> decode(const EncodedPicture& encoded) {
        std::promise<Result<Ref<GBytes>>> promise;
        loop_.post([&] {
            decoder_->decode(encoded, [&](const Result<Ref<GBytes>>& jpeg) { promise.set_value(jpeg); });
        });
        return promise.get_future().get();
    }
    void rest() {
        loop_.post([this] { decoder_->rest(); });
    }

  private:
    std::unique_ptr<Decoder> decoder_;
    Loop loop_{"decoder"};
};

Shown shown(const Result<Ref<GBytes>>& jpeg) {
    INFO((jpeg ? "" : jpeg.error().message));
    REQUIRE(jpeg);
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(jpeg->get(), &size));
    return look_at({data, size});
}

}  // namespace

TEST_CASE("formats and sizes take turns in one decoder") {
    Bench bench;
    for (const int width : {160, 640, 64}) {
        for (const std::string name : {"h264", "hd", "h265", "hd", "wide"}) {
            INFO(name << " " << width);
            const Shown first = shown(bench.decode(picture(name, 0, width)));
            CHECK(first.width == width);
            CHECK(is_like(first.middle, colour_of(0)));
            const auto second = shown(bench.decode(picture(name, 25, width)));
            CHECK(is_like(second.middle, colour_of(1)));
        }
    }
}

TEST_CASE("every reader knows the JPEG: three components as JFIF has them, colours at half the size") {
    Bench bench;
    const std::vector<Component> expected{{1, 2, 2}, {2, 1, 1}, {3, 1, 1}};
    for (const std::string name : {"h264", "hd", "h265"}) {
        const auto jpeg = bench.decode(picture(name));
        REQUIRE(jpeg);
        gsize size = 0;
        const auto* data = static_cast<const char*>(g_bytes_get_data(jpeg->get(), &size));
        CHECK(components_of({data, size}) == expected);
    }
}

TEST_CASE("what cannot be decoded is an error, and the next picture is not") {
    Bench bench;
    for (const std::string name : {"h264", "h265"}) {
        const auto failed = bench.decode(junk(name));
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code == Code::internal);
        CHECK(is_like(shown(bench.decode(picture(name))).middle, colour_of(0)));
    }
}

TEST_CASE("a decoder that says nothing is given up, and the next picture comes") {
    Bench bench(std::chrono::milliseconds(300));
    {
        const test::FaultyDecoder hanging(test::FaultyDecoder::Place::processor,
                                          test::FaultyDecoder::Fault::hangs);
        const auto failed = bench.decode(picture("h265"));
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code == Code::timeout);
        CHECK(is_like(shown(bench.decode(picture("hd"))).middle, colour_of(0)));
    }
    CHECK(Pipeline::wait_for_disposals(test::patience()));
}

TEST_CASE("a rested decoder begins again") {
    Bench bench;
    CHECK(is_like(shown(bench.decode(picture("hd"))).middle, colour_of(0)));
    bench.rest();
    CHECK(is_like(shown(bench.decode(picture("hd", 25))).middle, colour_of(1)));
}

TEST_CASE("a codec without a decoder is named, with what to install") {
    Bench bench;
    const auto encoded = picture("h265");
    const test::NoDecoder none("video/x-h265");
    const auto failed = bench.decode(encoded);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Code::unavailable);
    CHECK(failed.error().message.find("H265") != std::string::npos);
    CHECK(failed.error().message.find("install") != std::string::npos);
}
