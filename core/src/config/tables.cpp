#include "tables.hpp"

#include "auth/address.hpp"
#include "auth/settings.hpp"
#include "hooks/hooks.hpp"
#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace rill::config {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t day_ms = minute_ms * 60 * 24;
constexpr std::size_t path_name_bytes = 255;

constexpr std::array<std::string_view, 4> log_levels = {"error", "warn", "info", "debug"};

constexpr std::array<std::string_view, 3> log_destinations = {"stdout", "file", "syslog"};
constexpr std::size_t syslog_prefix_bytes = 48;

constexpr auto global_table = std::to_array<Option>({
    {.name = "logLevel",
     .type = Type::choice,
     .fallback = "info",
     .doc = "How much is logged: each level includes those before it.",
     .choices = log_levels},
    {.name = "logStructured",
     .type = Type::boolean,
     .fallback = "no",
     .doc = "Writes the log as JSON lines."},
    {.name = "logDestinations",
     .type = Type::list,
     .fallback = "stdout",
     .doc = "Where the log goes: to standard output, to a file, to the system's log (/dev/log).",
     .choices = log_destinations},
    {.name = "logFile",
     .type = Type::text,
     .fallback = "rill.log",
     .doc = "The file that the log is appended to, with logDestinations: [file]."},
    {.name = "sysLogPrefix",
     .type = Type::text,
     .fallback = "rill",
     .doc = "What the lines in the system's log begin with, with logDestinations: [syslog]."},
    {.name = "readTimeout",
     .type = Type::duration,
     .fallback = "10s",
     .doc = "How long a read from a camera or a client may take.",
     .minimum = 1,
     .maximum = day_ms},
    {.name = "writeTimeout",
     .type = Type::duration,
     .fallback = "10s",
     .doc = "How long a write to a camera or a client may take.",
     .minimum = 1,
     .maximum = day_ms},
    {.name = "writeQueueSize",
     .type = Type::integer,
     .fallback = "512",
     .doc = "How many units wait for a reader before it loses some.",
     .minimum = 1,
     .maximum = 1 << 20},
    {.name = "udpMaxPayloadSize",
     .type = Type::integer,
     .fallback = "1452",
     .doc = "The largest payload of a UDP packet that is sent, in bytes.",
     .minimum = 64,
     .maximum = 65507},
    {.name = "udpReadBufferSize",
     .type = Type::size,
     .fallback = "0",
     .doc = "The receive buffer of UDP sockets; 0: the system's default.",
     .maximum = 1 << 30},
    {.name = "maxTranscodes",
     .type = Type::integer,
     .fallback = "0",
     .doc = "How many pictures are encoded at once, for viewers who cannot take the camera's own; 0: as many "
            "as there are processors. Sound does not count.",
     .minimum = 0,
     .maximum = 1024},
    {.name = "maxTotalReaders",
     .type = Type::integer,
     .fallback = "0",
     .doc = "How many may read all paths together at once; 0: any number.",
     .minimum = 0,
     .maximum = INT32_MAX},
    {.name = "httpMaxConnections",
     .type = Type::integer,
     .fallback = "4096",
     .doc = "How many connections there are at once; beyond them the longest idle one makes room.",
     .minimum = 1,
     .maximum = INT32_MAX},
    {.name = "httpMaxConnectionsPerAddress",
     .type = Type::integer,
     .fallback = "2048",
     .doc = "How many of them one address may have; 0: any number.",
     .minimum = 0,
     .maximum = INT32_MAX},
    {.name = "httpMaxRequestsPerSecond",
     .type = Type::integer,
     .fallback = "100",
     .doc = "How many requests one address may send to the API a second, and those of 20 seconds at once; 0: "
            "any number.",
     .minimum = 0,
     .maximum = INT32_MAX},
    {.name = "httpMaxSessionsPerSecond",
     .type = Type::integer,
     .fallback = "50",
     .doc = "How many sessions of viewers one address may open a second, and those of 20 seconds at once; 0: "
            "any number.",
     .minimum = 0,
     .maximum = INT32_MAX},
    {.name = "httpAllowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use the HTTP services from elsewhere (CORS)."},
    {.name = "apiPersist",
     .type = Type::boolean,
     .fallback = "no",
     .doc = "Keeps what is changed through the API in a file beside this one (rill.yml: rill.api.yml); "
            "otherwise "
            "it is lost at the end."},
});

constexpr std::array<std::string_view, 5> stand_in_codecs = {"H264", "H265", "Opus", "MPEG4Audio", "G711"};
constexpr std::int64_t highest_sample_rate = 96'000;

constexpr auto stand_in_track = std::to_array<Option>({
    {.name = "codec",
     .type = Type::choice,
     .fallback = "H264",
     .doc = "As the camera's.",
     .choices = stand_in_codecs,
     .required = true},
    {.name = "sampleRate",
     .type = Type::integer,
     .fallback = "0",
     .doc = "In Hz, of MPEG4Audio and G711.",
     .minimum = 0,
     .maximum = highest_sample_rate},
    {.name = "channelCount",
     .type = Type::integer,
     .fallback = "0",
     .doc = "Of MPEG4Audio and G711.",
     .minimum = 0,
     .maximum = 2},
    {.name = "muLaw", .type = Type::boolean, .fallback = "no", .doc = "G711: PCMU and not PCMA."},
});

constexpr auto path_table = std::to_array<Option>({
    {.name = "source",
     .type = Type::text,
     .fallback = "",
     .doc = "The URL that the stream is pulled from.",
     .required = true},
    {.name = "sourceOnDemand",
     .type = Type::boolean,
     .fallback = "no",
     .doc = "Pulls the stream only while somebody reads it."},
    {.name = "sourceOnDemandStartTimeout",
     .type = Type::duration,
     .fallback = "10s",
     .doc = "How long a reader waits for an on-demand source to come online.",
     .minimum = 1,
     .maximum = day_ms},
    {.name = "sourceOnDemandCloseAfter",
     .type = Type::duration,
     .fallback = "10s",
     .doc = "How long an on-demand source is kept after its last reader left.",
     .maximum = day_ms},
    {.name = "sourceFingerprint",
     .type = Type::text,
     .fallback = "",
     .doc = "The SHA-256 fingerprint of the server's certificate, where no authority vouches for it."},
    {.name = "alwaysAvailable",
     .type = Type::boolean,
     .fallback = "no",
     .doc = "Keeps viewers while the camera is away: they see a picture that says so. Needs one of the next "
            "two."},
    {.name = "alwaysAvailableTracks",
     .type = Type::records,
     .fallback = "",
     .doc = "The tracks of that picture and its silence, in the codecs of the camera.",
     .fields = stand_in_track},
    {.name = "alwaysAvailableFile",
     .type = Type::text,
     .fallback = "",
     .doc = "An MP4, Matroska or MPEG-TS file that is shown instead, again and again."},
    {.name = "substream",
     .type = Type::text,
     .fallback = "",
     .doc = "The path with the same camera's smaller stream, which grids of cameras show; empty: none."},
    {.name = "maxReaders",
     .type = Type::integer,
     .fallback = "0",
     .doc = "How many may read the path at once; 0: any number.",
     .minimum = 0,
     .maximum = INT32_MAX},
});

constexpr auto shared_table = std::to_array<Option>({
    {.name = "gopCacheDuration",
     .type = Type::duration,
     .fallback = "10s",
     .doc = "How much of the stream since the last keyframe is kept, so that a new reader sees a picture at "
            "once; 0s: none.",
     .maximum = 10 * minute_ms},
    {.name = "gopCacheSize",
     .type = Type::size,
     .fallback = "16M",
     .doc = "The memory for that, per path; 0: none is kept.",
     .maximum = std::int64_t{4} << 30},
});

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port <= 65535;
}

bool is_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return false;
    const std::string_view host = text.substr(0, colon);
    if (host.find_first_of(" \t/") != std::string_view::npos) return false;
    if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
    return host.find(':') == std::string_view::npos;
}

std::optional<std::string> first_wrong_range(const std::vector<std::string>& ranges) {
    for (const std::string& range : ranges) {
        if (const auto parsed = auth::AddressRange::parse(range); !parsed) return parsed.error().message;
    }
    return {};
}

bool is_fingerprint(std::string_view text) {
    constexpr auto is_hex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    return text.empty() || (text.size() == 64 && std::ranges::all_of(text, is_hex));
}

bool is_name_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_./~-").find(c) != std::string_view::npos;
}

bool is_syslog_prefix(std::string_view text) {
    return !text.empty() && text.size() <= syslog_prefix_bytes &&
           std::ranges::all_of(text, is_name_character);
}

}  // namespace

std::span<const Option> global_options() {
    static const auto options = [] {
        std::vector<Option> all(global_table.begin(), global_table.end());
        for (const auto more : {auth::auth_options(), hooks::webhook_options()})
            all.insert(all.end(), more.begin(), more.end());
        return all;
    }();
    return options;
}

std::span<const Option> path_options() {
    return path_table;
}

std::span<const Option> shared_options() {
    return shared_table;
}

std::optional<std::string> check_core_value(const Option& option, const Options::Value& value) {
    if (option.name == "trustedProxies") return first_wrong_range(std::get<std::vector<std::string>>(value));
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return {};
    if (option.name.starts_with("runOn")) return hooks::check_command(*text);
    if (option.name == "address" && *text != option.fallback && !is_address(*text)) {
        return fmt::format("expected an address such as :8080 or 127.0.0.1:8080, got {}", in_quotes(*text));
    }
    if (option.name == "sysLogPrefix" && !is_syslog_prefix(*text)) {
        return fmt::format("expected 1 to {} letters, digits and _ . / ~ -, got {}", syslog_prefix_bytes,
                           in_quotes(*text));
    }
    if (option.name == "sourceFingerprint" && !is_fingerprint(*text)) {
        return fmt::format("expected a SHA-256 fingerprint of 64 hexadecimal digits, got {}",
                           in_quotes(*text));
    }
    return {};
}

bool is_catch_all(std::string_view key) {
    return key == "all_others" || key == "all" || key == "~^.*$";
}

bool is_path_pattern(std::string_view key) {
    return key.starts_with('~') || is_catch_all(key);
}

std::optional<std::string> check_path_name(std::string_view name) {
    if (name.empty()) return "the name of a path cannot be empty";
    if (name.size() > path_name_bytes) {
        return fmt::format("the name of a path is at most {} bytes long", path_name_bytes);
    }
    if (is_path_pattern(name)) return "the name of a path cannot be a regular expression";
    if (!std::ranges::all_of(name, is_name_character)) {
        return "the name of a path may hold letters, digits and _ . / ~ - only";
    }
    if (name.starts_with('/') || name.ends_with('/')) {
        return "the name of a path cannot start or end with a slash";
    }
    for (std::size_t start = 0; start <= name.size();) {
        const std::size_t slash = std::min(name.find('/', start), name.size());
        const std::string_view segment = name.substr(start, slash - start);
        if (segment.empty() || segment == "." || segment == "..") {
            return fmt::format("the name of a path cannot have the segment {}", in_quotes(segment));
        }
        start = slash + 1;
    }
    return {};
}

}  // namespace rill::config
