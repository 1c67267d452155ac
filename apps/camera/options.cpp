#include "options.hpp"

#include <fmt/format.h>

#include <charconv>

namespace rill::camera {
namespace {

constexpr const char* summary =
    "An RTSP camera, or hundreds of them, for demonstrations, tests and benchmarks.";
constexpr const char* description =
    R"(CAMERA is name[*count][:key=value,...]; cam*100 makes cam1 to cam100. Keys:
  codec=h264|h265|mjpeg  (h264)
  size=WIDTHxHEIGHT    (1280x720; both even, multiples of 8 for mjpeg)
  fps=N                (25)
  gop=TIME|FRAMES      (1s; 500ms and 25 work too; not for mjpeg)
  bitrate=BITS         (2M; 500k works too; not for mjpeg)
  bframes=N            (0)
  profile=baseline|main|high|high10|high422 of H.264, main|main10|main422-10 of H.265
  scan=progressive|interlaced  (progressive; interlaced for H.264 alone)
  aspect=WIDTH:HEIGHT  (1:1; of a pixel, as in 16:11; not for mjpeg)
  audio=none|aac|pcmu|pcma|opus|lpcm|g722  (none)
  rate=SAMPLES         (48000; 8000 for G.711, 16000 for G.722)
  clock=yes|no         (no: a loop that was encoded before; yes: the wall clock, encoded live)
Without CAMERA: cam1 H.264 with AAC, cam2 H.264 with G.711, cam3 H.264 with a GOP of 4 s, cam4 H.265 with AAC.

When it listens it prints "rill-camera: ready URL..." on standard output. README.md has the control commands.
)";

struct Arguments {
    Owned<gchar> address, user, password, auth, control, cache_folder;
    int port = 8554;
    gboolean tls = FALSE, multicast = FALSE, exit_with_parent = FALSE;
    std::vector<std::string> cameras;
};

Error invalid(std::string message) {
    return Error{Code::invalid_config, std::move(message)};
}

std::string text_or(const Owned<gchar>& text, const char* fallback) {
    return text ? text.get() : fallback;
}

Result<Arguments> read(int argc, char** argv) {
    Arguments arguments;
    gchar *address = nullptr, *user = nullptr, *password = nullptr, *auth = nullptr, *control = nullptr,
          *cache = nullptr, **cameras = nullptr;
    const std::array<GOptionEntry, 12> entries = {{
        {"address", 'a', 0, G_OPTION_ARG_STRING, &address, "Listen on this address (127.0.0.1)", "ADDRESS"},
        {"port", 'p', 0, G_OPTION_ARG_INT, &arguments.port, "Listen on this port; 0 for any (8554)", "PORT"},
        {"user", 0, 0, G_OPTION_ARG_STRING, &user, "Ask for this user name", "NAME"},
        {"password", 0, 0, G_OPTION_ARG_STRING, &password, "and this password", "PASSWORD"},
        {"auth", 0, 0, G_OPTION_ARG_STRING, &auth, "in this way (digest)", "basic|digest"},
        {"tls", 0, 0, G_OPTION_ARG_NONE, &arguments.tls, "rtsps, with a new self-signed certificate",
         nullptr},
        {"multicast", 0, 0, G_OPTION_ARG_NONE, &arguments.multicast, "Offer multicast as well", nullptr},
        {"control", 0, 0, G_OPTION_ARG_STRING, &control, "Take commands there; 0 for any port", "stdin|PORT"},
        {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &cache, "Keep encoded loops there", "FOLDER"},
        {"exit-with-parent", 0, 0, G_OPTION_ARG_NONE, &arguments.exit_with_parent, "End when the parent does",
         nullptr},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &cameras, nullptr, nullptr},
        {},
    }};
    GOptionContext* context = g_option_context_new("[CAMERA...]");
    g_option_context_set_summary(context, summary);
    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, entries.data(), nullptr);
    Owned<GError> error;
    const gboolean parsed = g_option_context_parse(context, &argc, &argv, out(error));
    g_option_context_free(context);

    arguments.address.reset(address);
    arguments.user.reset(user);
    arguments.password.reset(password);
    arguments.auth.reset(auth);
    arguments.control.reset(control);
    arguments.cache_folder.reset(cache);
    for (gchar** camera = cameras; camera != nullptr && *camera != nullptr; ++camera)
        arguments.cameras.emplace_back(*camera);
    g_strfreev(cameras);
    if (parsed == FALSE) return invalid(error->message);
    return arguments;
}

Result<std::optional<int>> control_port(const std::string& control) {
    if (control.empty() || control == "stdin") return std::optional<int>();
    int port = -1;
    const auto [end, problem] = std::from_chars(control.data(), control.data() + control.size(), port);
    if (problem != std::errc() || end != control.data() + control.size() || port < 0 || port > 65535)
        return invalid(fmt::format("--control={}: must be stdin or a port", control));
    return std::optional<int>(port);
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, char** argv) {
    const auto arguments = read(argc, argv);
    if (!arguments) return arguments.error();

    CommandLine line;
    line.server.address = text_or(arguments->address, "127.0.0.1");
    line.server.port = arguments->port;
    line.server.user = text_or(arguments->user, "");
    line.server.password = text_or(arguments->password, "");
    line.server.tls = arguments->tls != FALSE;
    line.server.multicast = arguments->multicast != FALSE;
    line.cache_folder = text_or(arguments->cache_folder, "");
    line.exit_with_parent = arguments->exit_with_parent != FALSE;
    if (line.server.port < 0 || line.server.port > 65535) return invalid("--port: must be 0 to 65535");
    if (line.server.user.empty() != line.server.password.empty())
        return invalid("--user and --password belong together");

    const std::string auth = text_or(arguments->auth, "digest");
    if (auth != "digest" && auth != "basic")
        return invalid(fmt::format("--auth={}: must be basic or digest", auth));
    line.server.auth = auth == "basic" ? AuthMethod::basic : AuthMethod::digest;

    const std::string control = text_or(arguments->control, "");
    auto port = control_port(control);
    if (!port) return port.error();
    line.control_port = *port;
    line.control_on_stdin = control == "stdin";

    for (const std::string& text : arguments->cameras) {
        auto cameras = parse_cameras(text);
        if (!cameras) return cameras.error();
        line.cameras.insert(line.cameras.end(), cameras->begin(), cameras->end());
    }
    if (line.cameras.empty()) line.cameras = demo_cameras();
    return line;
}

}  // namespace rill::camera
