#include "tables.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace rill::config {
namespace {

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t day_ms = minute_ms * 60 * 24;
constexpr std::size_t path_name_bytes = 255;

constexpr std::array<std::string_view, 4> log_levels = {"error", "warn", "info", "debug"};

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
    {.name = "logFile",
     .type = Type::text,
     .fallback = "",
     .doc = "The file that the log is appended to; empty: standard output."},
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
    {.name = "httpAddress",
     .type = Type::text,
     .fallback = ":8080",
     .doc = "The address and port that HTTP is served on; without an address: on all of them."},
    {.name = "httpAllowOrigins",
     .type = Type::list,
     .fallback = "*",
     .doc = "The origins of web pages that may use the HTTP services from elsewhere (CORS)."},
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

}  // namespace

std::span<const Option> global_options() {
    return global_table;
}

std::span<const Option> path_options() {
    return path_table;
}

std::span<const Option> shared_options() {
    return shared_table;
}

std::optional<std::string> check_core_value(const Option& option, const Options::Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return {};
    if (option.name == "httpAddress" && !is_address(*text)) {
        return fmt::format("expected an address such as :8080 or 127.0.0.1:8080, got {}", in_quotes(*text));
    }
    if (option.name == "sourceFingerprint" && !is_fingerprint(*text)) {
        return fmt::format("expected a SHA-256 fingerprint of 64 hexadecimal digits, got {}",
                           in_quotes(*text));
    }
    return {};
}

std::optional<std::string> check_path_name(std::string_view name) {
    if (name.empty()) return "the name of a path cannot be empty";
    if (name.size() > path_name_bytes) {
        return fmt::format("the name of a path is at most {} bytes long", path_name_bytes);
    }
    if (name.starts_with('~') || name == "all" || name == "all_others") {
        return "paths with a regular expression are not available in this version";
    }
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
