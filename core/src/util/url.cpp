#include <rill/url.hpp>

#include <fmt/format.h>
#include <gio/gio.h>

#include <algorithm>
#include <optional>

namespace rill {

namespace {

constexpr std::size_t max_url_bytes = 4096;
constexpr std::size_t max_host_bytes = 253;  // RFC 1035 §2.3.4, without the root's dot

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

int hex_value(char c) {
    return g_ascii_xdigit_value(c);
}

Error malformed(std::string message) {
    return {Code::invalid_config, std::move(message)};
}

struct Authority {
    std::string host;
    std::uint16_t port = 0;
    bool certain = false;  ///< nobody takes it for part of a password
    std::size_t length = 0;

    int rank() const { return certain ? 2 : port != 0 ? 1 : 0; }
};

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    if (digits.empty() || digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), is_digit))
        return {};
    unsigned value = 0;
    for (const char c : digits)
        value = value * 10 + static_cast<unsigned>(c - '0');
    if (value == 0 || value > 65535) return {};
    return static_cast<std::uint16_t>(value);
}

bool is_ipv6(const std::string& text) {
    const std::string address = text.substr(0, text.find('%'));  // without the zone (RFC 4007 §11)
    return address.find(':') != std::string::npos && g_hostname_is_ip_address(address.c_str()) != FALSE;
}

/// A name or IPv4 address. Labels of digits only make an address or nothing.
bool is_name(const std::string& text) {
    if (text.empty() || text.size() > max_host_bytes) return false;
    if (text.front() == '.' || text.front() == '-' || text.find("..") != std::string::npos) return false;
    const auto last_label = text.substr(text.rfind('.') == std::string::npos ? 0 : text.rfind('.') + 1);
    const bool numeric = !last_label.empty() && std::all_of(last_label.begin(), last_label.end(), is_digit);
    if (numeric && text.find('.') != std::string::npos)
        return g_hostname_is_ip_address(text.c_str()) != FALSE;
    return true;
}

/// The host and port that `text` starts with, when the end, a path or a query follows.
std::optional<Authority> leading_authority(std::string_view text) {
    Authority out;
    std::size_t end = 0;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return {};
        out.host = text.substr(1, close - 1);
        if (!is_ipv6(out.host)) return {};
        out.certain = true;
        end = close + 1;
    } else {
        while (end < text.size() &&
               (is_alphanumeric(text[end]) || text[end] == '-' || text[end] == '.' || text[end] == '_'))
            ++end;
        out.host = text.substr(0, end);
        if (!is_name(out.host)) return {};
        out.certain = out.host.find('.') != std::string::npos || out.host == "localhost";
    }
    if (end < text.size() && text[end] == ':') {
        std::size_t stop = end + 1;
        while (stop < text.size() && is_digit(text[stop]))
            ++stop;
        if (stop > end + 1) {
            const auto port = parse_port(text.substr(end + 1, stop - end - 1));
            if (!port) return {};
            out.port = *port;
        }
        end = stop;
    }
    if (end < text.size() && text[end] != '/' && text[end] != '?') return {};
    out.length = end;
    return out;
}

struct Reading {
    std::size_t host_at;  ///< 0: no user
    Authority authority;
};

std::optional<Reading> best_reading(std::string_view rest) {
    std::optional<Reading> best;
    const std::size_t query = rest.find('?');
    for (std::size_t at = 0; at != std::string_view::npos;) {
        if (at > query && best) break;
        if (auto authority = leading_authority(rest.substr(at));
            authority && (!best || authority->rank() > best->authority.rank()))
            best = Reading{at, std::move(*authority)};
        at = rest.find('@', at);
        if (at != std::string_view::npos) ++at;
    }
    return best;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int value = hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]);
            if (hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0 && value != 0) {
                out += static_cast<char>(value);
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

/// Bytes that RFC 3986 allows nowhere in a URL are encoded; what is encoded already stays so.
std::string safe_target(std::string_view text) {
    constexpr std::string_view unsafe = " \"<>\\^`{|}#";
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool stray_percent =
            c == '%' && !(i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0);
        if (stray_percent || static_cast<unsigned char>(c) >= 0x80 ||
            unsafe.find(c) != std::string_view::npos) {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

Result<Url> split_url(std::string_view text) {
    if (text.size() > max_url_bytes)
        return malformed(fmt::format("the URL is longer than {} bytes", max_url_bytes));
    if (std::any_of(text.begin(), text.end(), is_control))
        return malformed("the URL holds a control character");
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0)
        return malformed("the URL does not start with a scheme such as rtsp://");
    Url out;
    for (const char c : text.substr(0, colon)) {
        if (!is_alphanumeric(c) && c != '+' && c != '-' && c != '.')
            return malformed("the URL does not start with a scheme such as rtsp://");
        out.scheme += g_ascii_tolower(c);
    }

    const std::string_view rest = text.substr(colon + 3);
    auto reading = best_reading(rest);
    if (!reading) {
        return malformed(
            "the URL names no valid host; in user name and password write special characters as %40 (@), %2F "
            "(/), %3A (:), %3F (?), %23 (#)");
    }
    if (reading->host_at > 0) {
        const std::string_view credentials = rest.substr(0, reading->host_at - 1);
        // In a log line the URL would end there, and the rest of the password be readable.
        if (credentials.find(' ') != std::string_view::npos)
            return malformed("a space in the user name or password of a URL must be written as %20");
        const std::size_t separator = credentials.find(':');
        out.has_user = true;
        out.user = percent_decoded(credentials.substr(0, separator));
        if (separator != std::string_view::npos)
            out.password = percent_decoded(credentials.substr(separator + 1));
        // They end up in a header line.
        if (std::any_of(out.user.begin(), out.user.end(), is_control) ||
            std::any_of(out.password.begin(), out.password.end(), is_control))
            return malformed("the user name or password of the URL holds a control character");
    }
    out.host = std::move(reading->authority.host);
    out.port = reading->authority.port;
    out.target = safe_target(rest.substr(reading->host_at + reading->authority.length));
    return out;
}

std::string without_credentials(const Url& url) {
    const bool ipv6 = url.host.find(':') != std::string::npos;
    std::string out = fmt::format("{}://{}", url.scheme, ipv6 ? "[" + url.host + "]" : url.host);
    if (url.port != 0) out += fmt::format(":{}", url.port);
    return out + url.target;
}

}  // namespace rill
