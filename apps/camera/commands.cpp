#include "commands.hpp"

#include <fmt/format.h>

#include <charconv>

namespace rill::camera {
namespace {

Error invalid(std::string message) {
    return Error{Code::invalid_config, std::move(message)};
}

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> words;
    while (true) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.empty()) return words;
        const std::string_view word = line.substr(0, line.find_first_of(" \t"));
        words.emplace_back(word);
        line.remove_prefix(word.size());
    }
}

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "+10s" or "-250ms".
std::optional<std::chrono::milliseconds> parse_jump(std::string_view text) {
    constexpr int most_seconds = 1'000'000;
    if (text.starts_with('+')) text.remove_prefix(1);
    int scale = 1000;
    if (text.ends_with("ms")) {
        text.remove_suffix(2);
        scale = 1;
    } else if (text.ends_with('s')) {
        text.remove_suffix(1);
    } else {
        return std::nullopt;
    }
    const auto value = whole_number(text);
    if (!value || std::abs(*value) > most_seconds) return std::nullopt;
    return std::chrono::milliseconds(std::int64_t{*value} * scale);
}

std::string answer_of(const Result<>& result) {
    return result ? "ok" : fmt::format("error {}", result.error().message);
}

std::int64_t milliseconds_since(nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now() - time).count();
}

}  // namespace

Commands::~Commands() {
    loops_.stop();
    for (auto& encoding : encodings_)
        encoding.wait();
}

void Commands::execute(std::string_view line, Answer answer) {
    const std::vector<std::string> words = split(line);
    if (words.empty()) return answer("error empty command");
    if (words[0] == "stats" && words.size() == 1) return answer(stats());
    if (words[0] == "resolution" || words[0] == "codec") {
        Camera* camera = words.size() == 3 ? server_.cameras().find(words[1]) : nullptr;
        if (camera == nullptr) return answer(fmt::format("error usage: {} CAMERA VALUE", words[0]));
        return change_video(*camera, words, std::move(answer));
    }
    answer(answer_of(execute_now(words)));
}

Result<> Commands::execute_now(const std::vector<std::string>& words) {
    if (words[0] == "session-timeout") {
        const auto seconds = words.size() == 2 ? whole_number(words[1]) : std::nullopt;
        if (!seconds || *seconds < 1 || *seconds > 3600) return invalid("usage: session-timeout 1…3600");
        server_.clients().set_session_timeout(std::chrono::seconds(*seconds));
        return ok();
    }
    if (words.size() < 2) return invalid(fmt::format("unknown command '{}', or it lacks a camera", words[0]));
    if (words[1] == "*" && words[0] == "accept") return server_.listen();
    if (words[1] == "*" && words[0] == "refuse") {
        server_.stop_listening();
        return ok();
    }
    Camera* camera = server_.cameras().find(words[1]);
    if (camera == nullptr) return invalid(fmt::format("there is no camera '{}'", words[1]));
    return execute_for(*camera, words);
}

Result<> Commands::execute_for(Camera& camera, const std::vector<std::string>& words) {
    const std::string& command = words[0];
    const std::string value = words.size() == 3 ? words[2] : "";
    const auto is = [&](const char* name) { return command == name && words.size() == 2; };
    const auto is_with_value = [&](const char* name) { return command == name && words.size() == 3; };

    if (is("freeze")) {
        camera.switches().frozen = true;
    } else if (is("thaw")) {
        camera.switches().frozen = false;
    } else if (is("drop")) {
        server_.clients().close(&camera);
    } else if (is("teardown")) {
        server_.clients().send_teardown(&camera);
    } else if (is("refuse")) {
        camera.describe_status = GST_RTSP_STS_SERVICE_UNAVAILABLE;
    } else if (is("accept")) {
        camera.describe_status = GST_RTSP_STS_OK;
        camera.hangs = false;
    } else if (is("hang")) {
        camera.hangs = true;
    } else if (is_with_value("silent-audio") && (value == "on" || value == "off")) {
        camera.switches().silent_audio = value == "on";
    } else if (is_with_value("status")) {
        const auto status = whole_number(value);
        if (!status || (*status != 200 && (*status < 400 || *status > 599)))
            return invalid("usage: status CAMERA 400…599, or 200");
        camera.describe_status = static_cast<GstRTSPStatusCode>(*status);
    } else if (is_with_value("clock-jump")) {
        const auto jump = parse_jump(value);
        if (!jump) return invalid("usage: clock-jump CAMERA +10s, -10s or +500ms");
        camera.switches().jump_ns += nanoseconds(*jump).count();
    } else {
        return invalid(fmt::format("unknown command '{}', or the wrong number of words", command));
    }
    return ok();
}

void Commands::change_video(Camera& camera, const std::vector<std::string>& words, Answer answer) {
    CameraSpec changed = camera.spec();
    const bool new_codec = words[0] == "codec";
    if (new_codec) {
        auto codec = parse_video_codec(words[2]);
        if (!codec) return answer(fmt::format("error {}", codec.error().message));
        changed.video.codec = *codec;
    } else if (const auto parsed = parse_size(words[2], changed.video); !parsed) {
        return answer(fmt::format("error {}", parsed.error().message));
    }
    if (const auto possible = check(changed); !possible) return answer(answer_of(possible));

    auto apply = [this, &camera, video = changed.video, new_codec, answer](Result<LoopRef> loop) {
        if (!loop) return answer(fmt::format("error {}", loop.error().message));
        camera.change_video(video, *std::move(loop));
        if (new_codec) {
            server_.renew_media(camera);
            server_.clients().close(&camera);
        }
        answer("ok");
    };
    if (changed.clock) {
        const auto encoder = video_encoder(changed.video, true);
        return apply(encoder ? Result<LoopRef>(LoopRef()) : encoder.error());
    }
    encode_then(changed.video, std::move(apply));
}

void Commands::encode_then(const VideoSpec& video, std::function<void(Result<LoopRef>)> done) {
    std::erase_if(encodings_, [](const auto& encoding) {
        return encoding.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    const std::weak_ptr<bool> alive = alive_;
    encodings_.push_back(std::async(std::launch::async, [this, alive, video, done = std::move(done)] {
        auto* call = new std::function<void()>([alive, done, loop = loops_.get(video)] {
            if (!alive.expired()) done(loop);
        });
        g_idle_add_full(
            G_PRIORITY_DEFAULT,
            [](gpointer data) -> gboolean {
                (*static_cast<std::function<void()>*>(data))();
                return G_SOURCE_REMOVE;
            },
            call, destroy<std::function<void()>>);
    }));
}

std::string Commands::stats() const {
    const Clients& clients = server_.clients();
    std::string cameras;
    for (const auto& [name, camera] : server_.cameras().all()) {
        unsigned connected = 0;
        unsigned playing = 0;
        unsigned keep_alives = 0;
        std::int64_t quiet_ms = -1;
        for (const auto& [key, client] : clients.all()) {
            if (client.camera != camera.get()) continue;
            ++connected;
            if (client.playing) ++playing;
            keep_alives += client.keep_alives;
            if (client.keep_alives > 0)
                quiet_ms = std::max(quiet_ms, milliseconds_since(client.last_keep_alive));
        }
        cameras += fmt::format(
            "{}\"{}\":{{\"connections\":{},\"playing\":{},\"keep_alives\":{},\"last_keep_alive_ms_ago\":{}}}",
            cameras.empty() ? "" : ",", name, connected, playing, keep_alives,
            quiet_ms < 0 ? "null" : fmt::format("{}", quiet_ms));
    }
    return fmt::format("{{\"connections\":{},\"sessions_total\":{},\"cameras\":{{{}}}}}",
                       clients.all().size(), clients.sessions_total(), cameras);
}

}  // namespace rill::camera
