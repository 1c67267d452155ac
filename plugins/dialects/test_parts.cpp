// Names, addresses, settings, times: what needs no server.
#include "camera_url.hpp"
#include "catch.hpp"
#include "dvr_server.hpp"
#include "dvr_sessions.hpp"
#include "forward.hpp"
#include "hls_names.hpp"
#include "raw_socket.hpp"
#include "settings.hpp"

#include <map>
#include <vector>

using namespace rill;
using namespace rill::dialects;
using namespace std::chrono_literals;

namespace {

Environment fixed(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const char* name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

Options defaults() {
    return Options::defaults(option_table);
}

/// The client's end.
class Client final : public http::WebSocket {
  public:
    const http::Request& request() const override { return request_; }
    void send_text(std::string) override {}
    void send_binary(Ref<GBytes> message) override { sent.push_back(std::move(message)); }
    void close(int, std::string) override {}
    std::size_t queued_bytes() const override { return 0; }
    void on_drained(std::function<void()>) override {}
    void on_message(std::function<void(std::string_view, bool)>, std::function<void()>) override {}
    std::vector<Ref<GBytes>> sent;

  private:
    http::Request request_;
};

std::string unwrapped(const std::string& message) {
    const auto client = std::make_shared<Client>();
    RawSocket socket(client, {});
    socket.send_binary(Ref<GBytes>::adopt(g_bytes_new(message.data(), message.size())));
    http::Response response;
    response.body = client->sent;
    return body_of(response);
}

}  // namespace

TEST_CASE("a camera's address is RTSP, and nothing that a stranger may not open") {
    CHECK(*camera_url("rtsp_link", "rtsp://192.0.2.10/stream") == "rtsp://192.0.2.10/stream");
    CHECK(*camera_url("rtsp_link", "RTSPS://user:p%40ss@cam:322/a?b=c") ==
          "RTSPS://user:p%40ss@cam:322/a?b=c");
    for (const std::string text :
         {"", "x", "rtsp://", "rtsp:///stream", "file:///etc/passwd", "/etc/passwd", "test://", "publisher",
          "http://192.0.2.10/x", "rtmp://cam/x", "unix+mpegts:///run/x", "redirect", "~secret"}) {
        INFO(text);
        const auto url = camera_url("rtsp_link", text);
        REQUIRE_FALSE(url);
        CHECK(url.error().code == Code::invalid_config);
        CHECK(url.error().message.starts_with("rtsp_link: "));
        CHECK(url.error().message.find("secret") == std::string::npos);
    }
    CHECK_FALSE(camera_url("rtsp_url", std::nullopt));
    CHECK_FALSE(camera_url("rtsp_url", "rtsp://cam/" + std::string(5000, 'x')));
}

TEST_CASE("credentials beside an address are put into it, and win") {
    const auto with = [](const char* url, const char* user, const char* password) {
        return *camera_url("rtsp_url", url, Credentials{user, password});
    };
    CHECK(with("rtsp://cam:554/a?b=c", "admin", "p@ss:/#") == "rtsp://admin:p%40ss%3A%2F%23@cam:554/a?b=c");
    CHECK(with("rtsp://old:word@[2001:db8::1]/a", "new", "") == "rtsp://new:@[2001:db8::1]/a");
}

TEST_CASE("segments have the names that clients know") {
    const auto found = find_presentation(
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\r\n0a1b_stream.m3u8?session=77\n0a1b_h264.m3u8?session=77\n");
    REQUIRE(found);
    CHECK(*found == Presentation{"0a1b", "77"});
    CHECK(to_known_names("#EXTM3U\n#EXT-X-MAP:URI=\"0a1b_init1.mp4?session=77\"\n#EXTINF:2.0,\n"
                         "0a1b_seg12.ts?session=77\n",
                         *found) ==
          "#EXTM3U\n#EXT-X-MAP:URI=\"0a1b_init1.mp4\"\n#EXTINF:2.0,\nsegment12.ts\n");
    CHECK(to_sink_name("segment12.ts", *found) == "0a1b_seg12.ts");
    for (const char* const other : {"segment.ts", "segment1x.ts", "0a1b_init1.mp4", "x.ts"})
        CHECK(to_sink_name(other, *found) == other);
    CHECK(find_presentation("#EXTM3U\nx_stream.m3u8\n")->session.empty());
    CHECK_FALSE(find_presentation("#EXTM3U\nindex.m3u8?window=7200\n"));
    CHECK_FALSE(find_presentation("#EXTM3U\n../x_stream.m3u8\n"));
    CHECK_FALSE(find_presentation(""));
}

TEST_CASE("the manager's variables count before options") {
    const auto plain = Settings::from(defaults(), fixed({}));
    REQUIRE(plain);
    CHECK(plain->cleanup_delay == 30s);
    CHECK(plain->segment_duration == 2s);
    CHECK(plain->segment_count == 5);
    const auto said = Settings::from(
        defaults(),
        fixed({{"CLEANUP_DELAY_SECONDS", "7"}, {"HLS_SEGMENT_TIME", "4"}, {"HLS_LIST_SIZE", "9"}}));
    REQUIRE(said);
    CHECK(said->cleanup_delay == 7s);
    CHECK(said->segment_duration == 4s);
    CHECK(said->segment_count == 9);
    for (const char* const value : {"x", "-1", "0", "1e9"}) {
        INFO(value);
        const auto wrong = Settings::from(defaults(), fixed({{"CLEANUP_DELAY_SECONDS", value}}));
        REQUIRE_FALSE(wrong);
        CHECK(wrong.error().message.find("CLEANUP_DELAY_SECONDS") != std::string::npos);
    }
}

TEST_CASE("which APIs there are is said by name") {
    Options options = defaults();
    options.set("list", std::vector<std::string>{"frameServer"});
    // Of an API that is off, the variables are others' business.
    const auto one = Settings::from(options, fixed({{"HLS_LIST_SIZE", "x"}}));
    REQUIRE(one);
    CHECK(one->frame_server);
    CHECK_FALSE(one->hls_manager);
    CHECK_FALSE(one->dvr_server);
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{}, {"frames"}}) {
        options.set("list", wrong);
        const auto settings = Settings::from(options, fixed({}));
        REQUIRE_FALSE(settings);
        CHECK(settings.error().message.find("dialectsList") != std::string::npos);
    }
}

TEST_CASE("a frame goes out without what stands in front of it") {
    const std::string header = std::string("RILF\1\0\14\0", 8) + "more";
    CHECK(unwrapped(header + "pixels") == "pixels");
    CHECK(unwrapped(header).empty());
    CHECK(unwrapped("short") == "short");
    CHECK(unwrapped(std::string("RILF\1\0\xff\xff", 8)).size() == 8);
}

TEST_CASE("a time is a text, or seconds or milliseconds since 1970") {
    CHECK(*read_timestamp("2026-01-08T10:00:00Z") == "2026-01-08T10:00:00Z");
    CHECK(*read_timestamp(1'767'866'400) == "2026-01-08T10:00:00.000000Z");
    CHECK(*read_timestamp(1'767'866'400.5) == "2026-01-08T10:00:00.500000Z");
    CHECK(*read_timestamp(1'767'866'400'250) == "2026-01-08T10:00:00.250000Z");
    for (const Json& wrong : {Json(), Json(-1), Json("yesterday"), Json(1e300), Json(true), Json::object()}) {
        INFO(wrong.dump());
        const auto time = read_timestamp(wrong);
        REQUIRE_FALSE(time);
        CHECK(time.error().code == Code::invalid_config);
    }
}

TEST_CASE("a source's number is a u64") {
    for (const char* const id : {"0", "1", "18446744073709551615"})
        CHECK(is_source_id(id));
    for (const char* const id : {"", "01", "-1", "+1", "1.0", "cam1", "18446744073709551616", "1 ", "1/2"})
        CHECK_FALSE(is_source_id(id));
}
