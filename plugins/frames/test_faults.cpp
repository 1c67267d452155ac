// What may go wrong: decoders that are missing or fail, damaged units, clients that read nothing.
#include "await.hpp"
#include "fake_socket.hpp"
#include "faulty_decoder.hpp"
#include "header.hpp"
#include "no_decoder.hpp"
#include "socket_client.hpp"
#include "test_bench.hpp"

#include <atomic>

using namespace rill;
using namespace rill::frames;
using namespace rill::frames::testing;
using namespace std::chrono_literals;
using rill::test::await;
using rill::test::FaultyDecoder;

namespace {

/// 64 x 48 of the bench's camera.
constexpr Wanted small{PixelFormat::gray, {64, 0}};
constexpr std::size_t small_bytes = header_bytes + std::size_t{64} * 48;

/// Keeps nothing but the number.
class Watcher final : public Subscriber {
  public:
    bool wants(const Stamp&) override { return true; }
    void deliver(const PicturePtr&) override { ++count; }
    void tick() override {}
    void close(const Error&) override { is_closed = true; }

    std::atomic<int> count{0};
    std::atomic<bool> is_closed{false};
};

/// Somebody who watches as long as this lives.
struct Watch {
    explicit Watch(Bench& bench) : bench(bench), attached(bench.attach(small, watcher)) { REQUIRE(attached); }
    void go_on() {
        const int before = watcher->count;
        bench.push_until([&] { return watcher->count > before + 30; });
        CHECK_FALSE(watcher->is_closed);
    }
    Bench& bench;
    const std::shared_ptr<Watcher> watcher = std::make_shared<Watcher>();
    const Result<std::unique_ptr<Attachment>> attached;
};

/// A client of the WebSocket that reads nothing, for a moment.
struct Lazy {
    Lazy(Bench& bench, std::size_t pictures) {
        client->set_bounds({.pictures = pictures, .patience = 200ms});
        auto attached = bench.attach(small, client);
        REQUIRE(attached);
        client->keep(*std::move(attached));
    }
    const std::shared_ptr<FakeSocket> socket = std::make_shared<FakeSocket>();
    const std::shared_ptr<SocketClient> client = std::make_shared<SocketClient>(socket, Nanoseconds(0));
};

void make_nonsense(GstBuffer* unit) {
    gst_buffer_memset(unit, 5, 0x55, gst_buffer_get_size(unit) - 5);
}

/// Other bytes at some places, also in lengths and headers; now and then the end is missing.
class Fuzz {
  public:
    void operator()(GstBuffer* unit) {
        const std::uint32_t size = static_cast<std::uint32_t>(gst_buffer_get_size(unit));
        for (int times = 0; times < 10; ++times)
            gst_buffer_memset(unit, next() % size, static_cast<guint8>(next()), 1);
        if (next() % 8 == 0) gst_buffer_set_size(unit, static_cast<gssize>(next() % size));
    }

  private:
    /// The upper bits: those below repeat soon.
    std::uint32_t next() {
        state_ = state_ * 1'664'525 + 1'013'904'223;
        return state_ >> 8;
    }
    std::uint32_t state_ = 1;
};

}  // namespace

TEST_CASE("damaged units are counted, and pictures go on") {
    Bench bench;
    Watch watch(bench);
    watch.go_on();
    // Those of which nothing came are known as such by the picture that follows.
    REQUIRE(await([&] {
        bench.push(5, make_nonsense);
        bench.push(30);
        return bench.counters().not_decoded > 0;
    }));
    watch.go_on();
}

TEST_CASE("whatever is in the units, pictures go on") {
    const std::string codec = GENERATE("h264", "h265");
    INFO(codec);
    Bench bench({}, codec);
    Watch watch(bench);
    Fuzz fuzz;
    REQUIRE(await([&] {
        bench.push(5, std::ref(fuzz));
        bench.push(30);
        return bench.counters().not_decoded > 50;
    }));
    watch.go_on();
}

TEST_CASE("a codec without a decoder is named, with what to install") {
    Bench bench({}, "h265");
    {
        const test::NoDecoder none("video/x-h265");
        const auto refused = bench.attach(small, std::make_shared<Watcher>());
        REQUIRE_FALSE(refused);
        CHECK(http_status(refused.error().code) == 503);
        CHECK(refused.error().message.find("H265") != std::string::npos);
        CHECK(refused.error().message.find("install") != std::string::npos);
    }
    Watch(bench).go_on();
}

TEST_CASE("a camera whose new codec has no decoder keeps its clients until it sends another") {
    Bench bench;
    Watch watch(bench);
    watch.go_on();
    {
        const test::NoDecoder none("video/x-h265");
        bench.become("h265");
        bench.push(30);
        CHECK(bench.counters().decoders == 0);
    }
    bench.become("h264");
    watch.go_on();
}

TEST_CASE("a device that fails in mid-stream, or gives nothing, gives way to the processor") {
    const auto fault = GENERATE(FaultyDecoder::Fault::fails, FaultyDecoder::Fault::swallows);
    Bench bench;
    Watch watch(bench);
    watch.go_on();
    const FaultyDecoder faulty(FaultyDecoder::Place::device, fault);
    bench.become("h265");
    bench.push_until([&] { return bench.counters().errors > 0; });
    watch.go_on();
    CHECK(bench.counters().errors == 1);
    CHECK(bench.counters().decoder().find("faulty") == std::string::npos);
}

TEST_CASE("a decoder that fails is tried again until it does not") {
    Bench bench;
    Watch watch(bench);
    {
        const FaultyDecoder faulty(FaultyDecoder::Place::processor, FaultyDecoder::Fault::fails);
        bench.become("h265");
        bench.push_until([&] { return bench.counters().errors > 1; });
    }
    watch.go_on();
}

TEST_CASE("who reads nothing is closed, and another goes on") {
    Bench bench;
    Watch watch(bench);
    Lazy lazy(bench, 3);
    bench.push_until([&] { return !lazy.socket->closed().empty(); });
    CHECK(lazy.socket->closed() == "1008 the client does not read what it is sent");
    CHECK(bench.counters().dropped > 0);
    CHECK(await([&] { return bench.counters().clients == 1; }));
    watch.go_on();
}

TEST_CASE("clients that read nothing fill what pictures may take, and no more") {
    Settings settings;
    settings.picture_bytes = 10 * small_bytes;
    Bench bench(settings);
    Watch watch(bench);
    Lazy lazy(bench, 1000);
    bench.push_until([&] { return bench.counters().not_converted > 0; });
    CHECK(bench.counters().picture_bytes == settings.picture_bytes);
    CHECK(bench.counters().dropped == 0);
    bench.push_until([&] { return !lazy.socket->closed().empty(); });
    watch.go_on();
    bench.stop();
    CHECK(await([&] { return bench.counters().picture_bytes == 0; }));
}
