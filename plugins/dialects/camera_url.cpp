#include "camera_url.hpp"

#include <rill/ref.hpp>
#include <rill/url.hpp>

#include <fmt/format.h>

#include <cstddef>

namespace rill::dialects {

namespace {

constexpr std::size_t longest = 4096;

Error about(std::string_view key, std::string_view what) {
    return {Code::invalid_config,
            fmt::format("{}: {}; it is the address of a camera: rtsp://user:password@192.0.2.10:554/stream",
                        key, what)};
}

std::string escape(const std::string& text) {
    const auto escaped = Owned<char>(g_uri_escape_string(text.c_str(), nullptr, FALSE));
    return escaped.get();
}

std::string with_credentials(const Url& url, const Credentials& credentials) {
    const bool is_ipv6 = url.host.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}@{}{}{}{}{}", url.scheme, escape(credentials.user),
                       escape(credentials.password), is_ipv6 ? "[" : "", url.host, is_ipv6 ? "]" : "",
                       url.port != 0 ? fmt::format(":{}", url.port) : "", url.target);
}

}  // namespace

Result<std::string> camera_url(std::string_view key, const std::optional<std::string>& text,
                               const std::optional<Credentials>& credentials) {
    if (!text || text->empty()) return about(key, "it is missing");
    if (text->size() > longest) return about(key, fmt::format("it has more than {} bytes", longest));
    const auto url = split_url(*text);
    if (!url) return about(key, url.error().message);
    if (url->scheme != "rtsp" && url->scheme != "rtsps") return about(key, "its scheme is not rtsp or rtsps");
    if (url->host.empty()) return about(key, "it has no host");
    return credentials ? with_credentials(*url, *credentials) : *text;
}

}  // namespace rill::dialects
