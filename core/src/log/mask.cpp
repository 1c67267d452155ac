// Finding the credentials of a URL in free text. Passwords often hold '@', '/' or '#' unescaped, so the URL's
// grammar (RFC 3986 §3.2) says where they end only if a convincing host follows. Where a text can be read in
// two ways, too much is masked rather than too little.
#include <rill/log.hpp>

#include <algorithm>
#include <optional>

namespace rill {
namespace {

constexpr std::string_view mask = "***";
/// What is searched for the end of credentials behind "://".
constexpr std::size_t url_bytes = 4096;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_space(char c) {
    return static_cast<unsigned char>(c) <= 0x20;
}

/// The part of `text` that can belong to a URL that starts there. A quotation mark ends it, unless it comes
/// so early that it can only be part of a password.
std::string_view url_from(std::string_view text) {
    text = text.substr(0, url_bytes);
    bool past_authority = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_space(text[i])) return text.substr(0, i);
        if (past_authority && (text[i] == '"' || text[i] == '<' || text[i] == '>')) return text.substr(0, i);
        past_authority = past_authority || std::string_view("/?#@").find(text[i]) != std::string_view::npos;
    }
    return text;
}

struct Host {
    bool certain;  ///< an address, a dotted name, or localhost: nobody takes it for a user
    bool has_port;
};

/// The host and port that `text` starts with, if something that may follow a host comes next.
std::optional<Host> leading_host(std::string_view text) {
    std::size_t end = 0;
    bool certain = false;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos) return {};
        ++end;
        certain = true;
    } else {
        while (end < text.size() && (is_alphanumeric(text[end]) ||
                                     std::string_view("-._").find(text[end]) != std::string_view::npos)) {
            ++end;
        }
        if (end == 0) return {};
        const std::string_view name = text.substr(0, end);
        certain = name.find('.') != std::string_view::npos || name == "localhost";
    }
    text.remove_prefix(end);
    const bool has_port = text.size() > 1 && text[0] == ':' && is_digit(text[1]);
    if (has_port) {
        text.remove_prefix(1);
        while (!text.empty() && is_digit(text[0]))
            text.remove_prefix(1);
    }
    if (!text.empty() && std::string_view("/?#,;\"'<>()[]{}`").find(text[0]) == std::string_view::npos)
        return {};
    return Host{certain, has_port};
}

/// Where the host starts in a URL without its "scheme://"; 0 when it has no credentials.
std::size_t host_position(std::string_view url) {
    const std::size_t last = url.rfind('@');
    if (last == std::string_view::npos) return 0;
    if (const auto host = leading_host(url); host && (host->certain || !host->has_port)) return 0;
    std::size_t plausible = last + 1;
    for (std::size_t at = url.find('@'); at != std::string_view::npos; at = url.find('@', at + 1)) {
        const auto host = leading_host(url.substr(at + 1));
        if (!host) continue;
        plausible = at + 1;
        if (host->certain) break;
    }
    return plausible;
}

}  // namespace

std::string mask_credentials(std::string_view text) {
    constexpr std::string_view separator = "://";
    std::string result;
    for (;;) {
        const std::size_t found = text.find(separator);
        if (found == std::string_view::npos) return result += text;
        const std::size_t start = found + separator.size();
        result += text.substr(0, start);
        text.remove_prefix(start);
        if (found == 0 || !is_alphanumeric(result[result.size() - separator.size() - 1])) continue;
        const std::size_t host = host_position(url_from(text));
        if (host == 0) continue;
        result += mask;
        result += '@';
        text.remove_prefix(host);
    }
}

}  // namespace rill
