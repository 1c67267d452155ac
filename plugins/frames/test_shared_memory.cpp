// Pictures in shared memory: GStreamer's own shmsrc takes them, and consumers that misbehave harm nobody.
#include "await.hpp"
#include "census.hpp"
#include "shared_memory.hpp"
#include "test_bench.hpp"

#include <rill/fd.hpp>

#include <gst/app/gstappsink.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace rill;
using namespace rill::frames;
using namespace rill::frames::testing;
using rill::test::await;

namespace {

namespace fs = std::filesystem;

/// With a folder of its own, in which the sockets lie.
class Folder {
  public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "rill-shm-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }
    fs::path socket() const { return path_ / "sockets" / "bench.sock"; }
    Settings settings(Wanted wanted = {PixelFormat::gray, {64, 0}}) const {
        Settings settings;
        settings.close_after = std::chrono::milliseconds(0);
        settings.shared_socket = (path_ / "sockets" / "%path.sock").string();
        settings.shared = wanted;
        return settings;
    }

  private:
    fs::path path_;
};

/// As a program would: shmsrc with the caps that the settings mean.
class Shmsrc {
  public:
    Shmsrc(const fs::path& socket, const std::string& caps) {
        pipeline_ = Ref<GstElement>::sink(gst_parse_launch(
            ("shmsrc is-live=true do-timestamp=true socket-path=" + socket.string() + " ! video/x-raw," +
             caps +
             ",framerate=25/1 ! appsink name=out sync=false async=false max-buffers=3 drop=true "
             "enable-last-sample=false")
                .c_str(),
            nullptr));
        out_ = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out"));
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    Shmsrc(const Shmsrc&) = delete;
    Shmsrc& operator=(const Shmsrc&) = delete;
    ~Shmsrc() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    /// The next one, if it is there.
    Ref<GstSample> take() {
        return Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(out_.get()), 0));
    }

  private:
    Ref<GstElement> pipeline_, out_;
};

/// Speaks the protocol by itself. The words are those of a 64-bit machine.
class Consumer {
  public:
    struct Message {
        std::uint32_t type = 4;
        std::int32_t area = 1;
        std::uint64_t offset = 0, bytes = 0;
    };
    explicit Consumer(const fs::path& socket) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
        const auto* const general = reinterpret_cast<const sockaddr*>(&address);
        REQUIRE(::connect(fd_.get(), general, sizeof address) == 0);
    }
    /// Whether next() returns at once.
    bool has_next() const {
        char byte = 0;
        return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }
    /// The next picture; type 0 when the other end has hung up.
    Message next() {
        Message message = read();
        if (message.type == 1) {
            std::array<char, 64> name{};
            REQUIRE(::recv(fd_.get(), name.data(), message.bytes & 0xff, MSG_WAITALL) > 0);
            message = read();
        }
        return message;
    }
    void say(const Message& message) { ::send(fd_.get(), &message, sizeof message, MSG_NOSIGNAL); }
    bool is_closed() const {
        std::array<char, 4096> bytes{};
        ssize_t got = 0;
        while ((got = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0)
            continue;
        return got == 0 || errno != EAGAIN;
    }

  private:
    Message read() {
        Message message;
        if (::recv(fd_.get(), &message, sizeof message, MSG_WAITALL) != sizeof message) message.type = 0;
        return message;
    }
    const Fd fd_;
};

bool flows(Bench& bench, Shmsrc& consumer, int pictures) {
    return await([&] {
        bench.push(1);
        if (consumer.take()) --pictures;
        return pictures <= 0;
    });
}

}  // namespace

TEST_CASE("shmsrc takes the pictures, with rows as its caps mean them") {
    const Folder folder;
    // 66 pixels of three bytes: GStreamer's rows are longer than the pixels in them, and planes are padded.
    const auto [format, caps] = GENERATE(std::pair(PixelFormat::bgr, "format=BGR,width=66,height=33"),
                                         std::pair(PixelFormat::i420, "format=I420,width=66,height=33"),
                                         std::pair(PixelFormat::gray, "format=GRAY8,width=66,height=33"));
    INFO(caps);
    const Wanted wanted{format, {66, 33}};
    Bench bench(folder.settings(wanted));
    CHECK(bench.counters().decoders == 0);
    const auto tight = std::make_shared<Collector>();
    const auto attached = bench.attach(wanted, tight);
    REQUIRE(attached);
    Shmsrc consumer(folder.socket(), caps);
    Ref<GstSample> sample;
    bench.push_until([&] { return static_cast<bool>(sample = consumer.take()); });
    GstVideoInfo info;
    REQUIRE(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
    const MappedBuffer shared(gst_sample_get_buffer(sample.get()));
    REQUIRE(shared.bytes().size() == info.size);
    const auto is_same = [&](const PicturePtr& picture) {
        const auto* const pixels =
            static_cast<const std::uint8_t*>(g_bytes_get_data(picture->payload.get(), nullptr));
        const GstVideoInfo rows = tight_info(format, wanted.size);
        for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); ++plane) {
            const int height = plane == 0 ? 33 : 17;
            for (int row = 0; row < height; ++row) {
                const auto* const here =
                    shared.bytes().data() + info.offset[plane] + row * info.stride[plane];
                const auto* const there = pixels + rows.offset[plane] + row * rows.stride[plane];
                if (std::memcmp(here, there, static_cast<std::size_t>(rows.stride[plane])) != 0) return false;
            }
        }
        return true;
    };
    const auto pictures = tight->pictures();
    CHECK(std::ranges::any_of(pictures, is_same));
}

TEST_CASE("pictures are decoded while a consumer is there") {
    const Folder folder;
    Bench bench(folder.settings());
    bench.push(30);
    bench.settle();
    CHECK(bench.counters().starts == 0);
    {
        Shmsrc consumer(folder.socket(), "format=GRAY8,width=64,height=48");
        CHECK(flows(bench, consumer, 10));
        CHECK(bench.counters().clients == 1);
        CHECK(bench.counters().sent >= 10);
    }
    CHECK(await([&] { return bench.counters().decoders == 0; }));
    CHECK(bench.counters().clients == 0);
    Shmsrc again(folder.socket(), "format=GRAY8,width=64,height=48");
    CHECK(flows(bench, again, 3));
}

TEST_CASE("the only consumer may go and come again at once") {
    const Folder folder;
    Bench bench(folder.settings());
    for (int round = 0; round < 30; ++round) {
        Consumer consumer(folder.socket());
        // What is counted may still have gone to the one before.
        bench.push_until([&] { return consumer.has_next(); });
        CHECK(consumer.next().type == 3);
    }
}

TEST_CASE("memory is for the group to read") {
    const Folder folder;
    Bench bench(folder.settings());
    Shmsrc consumer(folder.socket(), "format=GRAY8,width=64,height=48");
    REQUIRE(flows(bench, consumer, 5));
    const std::string prefix = area_prefix(folder.socket().string()).substr(1);
    std::vector<fs::perms> modes;
    for (const auto& entry : fs::directory_iterator("/dev/shm")) {
        if (entry.path().filename().string().starts_with(prefix))
            modes.push_back(entry.status().permissions());
    }
    CHECK(modes == std::vector<fs::perms>(1, static_cast<fs::perms>(0640)));
}

TEST_CASE("consumers that misbehave harm nobody") {
    const Folder folder;
    Bench bench(folder.settings());
    Shmsrc good(folder.socket(), "format=GRAY8,width=64,height=48");
    REQUIRE(flows(bench, good, 5));
    SECTION("one that gives nothing back loses pictures") {
        Consumer hanging(folder.socket());
        bench.push_until([&] { return bench.counters().dropped > 20; });
        CHECK(flows(bench, good, 30));
        CHECK_FALSE(hanging.is_closed());
    }
    SECTION("one that gives a picture back twice is closed") {
        Consumer twice(folder.socket());
        bench.push_until([&] { return bench.counters().clients == 1 && bench.counters().sent > 20; });
        const auto picture = twice.next();
        REQUIRE(picture.type == 3);
        CHECK(picture.bytes == 64 * 48);
        twice.say({.type = 4, .area = 1, .offset = picture.offset});
        twice.say({.type = 4, .area = 1, .offset = picture.offset});
        twice.say({.type = 4, .area = 1, .offset = picture.offset});
        // It may have been sent into the same slot again meanwhile, but not as often as it says.
        for (int i = 0; i < 40; ++i)
            twice.say({.type = 4, .area = 1, .offset = picture.offset});
        CHECK(await([&] { return twice.is_closed(); }));
    }
    SECTION("one that says what it may not is closed") {
        const auto nonsense =
            GENERATE(Consumer::Message{.type = 3}, Consumer::Message{.type = 4, .offset = 1},
                     Consumer::Message{.type = 4, .offset = UINT64_MAX / 64 * 64},
                     Consumer::Message{.type = 0xffffffff, .offset = 77});
        Consumer wrong(folder.socket());
        wrong.say(nonsense);
        CHECK(await([&] { return wrong.is_closed(); }));
    }
    SECTION("some that come and go at once") {
        for (int i = 0; i < 50; ++i)
            Consumer{folder.socket()};
    }
    SECTION("more than there may be") {
        std::vector<std::unique_ptr<Consumer>> many;
        for (int i = 0; i < 30; ++i)
            many.push_back(std::make_unique<Consumer>(folder.socket()));
        CHECK(await([&] { return many.back()->is_closed(); }));
    }
    CHECK(flows(bench, good, 30));
    CHECK(bench.counters().starts == 1);
}

TEST_CASE("when the size of pictures changes consumers are closed, and come again") {
    const Folder folder;
    Bench bench(folder.settings({PixelFormat::gray, {}}));
    Consumer before(folder.socket());
    bench.push_until([&] { return bench.counters().sent > 3; });
    CHECK(before.next().bytes == 320 * 240);
    bench.become("small");
    bench.push_until([&] { return before.is_closed(); });
    Consumer after(folder.socket());
    bench.push_until([&] { return after.has_next(); });
    CHECK(after.next().bytes == 160 * 120);
}

TEST_CASE("the socket is for user and group, and goes with the sink") {
    const Folder folder;
    {
        Bench bench(folder.settings());
        struct stat found {};
        REQUIRE(::stat(folder.socket().c_str(), &found) == 0);
        CHECK((found.st_mode & 07777) == 0660);
        const Consumer waiting(folder.socket());
        bench.stop();
        CHECK(waiting.is_closed());
        CHECK_FALSE(fs::exists(folder.socket()));
    }
}

TEST_CASE("a stale socket is replaced, one in use and other files are not") {
    const Folder folder;
    fs::create_directories(folder.socket().parent_path());
    SECTION("stale") {
        {
            const Fd left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            std::strncpy(address.sun_path, folder.socket().c_str(), sizeof address.sun_path - 1);
            REQUIRE(::bind(left.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        }
        Bench bench(folder.settings());
        Shmsrc consumer(folder.socket(), "format=GRAY8,width=64,height=48");
        CHECK(flows(bench, consumer, 3));
    }
    SECTION("in use") {
        Bench first(folder.settings());
        {
            Bench second(folder.settings());
            CHECK(second.status().reason.find("somebody else uses it") != std::string::npos);
        }
        Shmsrc consumer(folder.socket(), "format=GRAY8,width=64,height=48");
        CHECK(flows(first, consumer, 3));
    }
    SECTION("a file") {
        std::ofstream(folder.socket()) << "mine";
        {
            Bench bench(folder.settings());
            CHECK(bench.status().reason.find("no socket") != std::string::npos);
        }
        CHECK(fs::file_size(folder.socket()) == 4);
    }
}

TEST_CASE("a path that is too long for a socket is refused in words") {
    Settings settings;
    settings.shared_socket = "/tmp/" + std::string(200, 'x');
    Bench bench(settings);
    CHECK(bench.status().reason.find("longer than 107 bytes") != std::string::npos);
}

TEST_CASE("of shared memory nothing remains") {
    const Folder folder;
    const auto once = [&] {
        Bench bench(folder.settings());
        Shmsrc consumer(folder.socket(), "format=GRAY8,width=64,height=48");
        const Consumer hanging(folder.socket());
        REQUIRE(flows(bench, consumer, 5));
    };
    const auto objects = [prefix = area_prefix(folder.socket().string()).substr(1)] {
        const fs::directory_iterator all("/dev/shm");
        return std::ranges::count_if(all, [&](const fs::directory_entry& entry) {
            return entry.path().filename().string().starts_with(prefix);
        });
    };
    {
        Bench bench(folder.settings());
        Shmsrc consumer(folder.socket(), "format=GRAY8,width=64,height=48");
        REQUIRE(flows(bench, consumer, 5));
        CHECK(objects() == 1);
    }
    once();
    const test::Census before;
    for (int round = 0; round < 5; ++round)
        once();
    CHECK(before.surplus() == test::nothing);
    CHECK(objects() == 0);
}
