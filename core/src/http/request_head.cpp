#include "request_head.hpp"

#include <glib.h>

#include <algorithm>
#include <charconv>

namespace rill::http {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view known_methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

bool is_token_character(char character) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return g_ascii_isalnum(character) || marks.find(character) != std::string_view::npos;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_field_character(char character) {
    return character == '\t' || (static_cast<unsigned char>(character) >= 0x20 && character != 0x7f);
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    return left.size() == right.size() && g_ascii_strncasecmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), g_ascii_tolower);
    return result;
}

std::optional<Refusal> parse_request_line(std::string_view line, RequestHead& head) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == last) {
        return Refusal{400, "the request line is not 'METHOD target HTTP/1.1'"};
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);

    if (!is_token(method)) return Refusal{400, "the method is not a token"};
    const auto visible = [](char character) { return character > 0x20 && character < 0x7f; };
    if (!std::all_of(target.begin(), target.end(), visible)) {
        return Refusal{400, "the request target has characters that must be percent-encoded"};
    }
    if (version.substr(0, 5) != "HTTP/") return Refusal{400, "the request line names no HTTP version"};
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return Refusal{505, "only HTTP/1.1 is spoken here"};
    if (std::find(std::begin(known_methods), std::end(known_methods), method) == std::end(known_methods)) {
        return Refusal{501, "the method is not known here"};
    }
    head.method = method;
    head.http_1_0 = version == "HTTP/1.0";
    head.asks_server_options = method == "OPTIONS" && target == "*";
    if (head.asks_server_options) return std::nullopt;
    auto parsed = parse_target(target);
    if (!parsed) return Refusal{400, parsed.error().message};
    head.target = std::move(*parsed);
    return std::nullopt;
}

std::optional<Refusal> parse_field(std::string_view line, RequestHead& head) {
    const std::size_t colon = line.find(':');
    // Also refuses a continuation line and a space before the colon, which proxies read differently.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return Refusal{400, "a header line is not 'Name: value'"};
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_field_character)) {
        return Refusal{400, "a header has a control character"};
    }
    const std::string name = lower(line.substr(0, colon));
    const auto [field, is_new] = head.headers.try_emplace(name, value);
    if (is_new) return std::nullopt;
    if (name == "host" || name == "content-length" || name == "transfer-encoding") {
        return Refusal{400, "a header that must be unique is repeated"};
    }
    field->second += name == "cookie" ? "; " : ", ";
    field->second += value;
    return std::nullopt;
}

std::optional<Refusal> check_host(const RequestHead& head) {
    const auto host = head.headers.find("host");
    if (host == head.headers.end()) {
        if (head.http_1_0) return std::nullopt;
        return Refusal{400, "the Host header is missing"};
    }
    const auto allowed = [](char character) {
        constexpr std::string_view marks = "-._~%!$&'()*+,;=:[]";
        return g_ascii_isalnum(character) || marks.find(character) != std::string_view::npos;
    };
    if (std::all_of(host->second.begin(), host->second.end(), allowed)) return std::nullopt;
    return Refusal{400, "the Host header is not a host"};
}

std::optional<Refusal> read_body_length(RequestHead& head) {
    const auto length = head.headers.find("content-length");
    const auto encoding = head.headers.find("transfer-encoding");
    if (encoding != head.headers.end()) {
        if (length != head.headers.end()) {
            return Refusal{400, "Content-Length and Transfer-Encoding contradict each other"};
        }
        if (head.http_1_0) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
        if (!equal_ignoring_case(encoding->second, "chunked")) {
            return Refusal{501, "the only Transfer-Encoding known here is chunked"};
        }
        head.chunked = true;
        return std::nullopt;
    }
    if (length == head.headers.end()) return std::nullopt;
    const std::string& digits = length->second;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), head.content_length);
    if (problem == std::errc() && end == digits.data() + digits.size()) return std::nullopt;
    return Refusal{400, "Content-Length is not a number"};
}

std::optional<Refusal> read_connection_options(RequestHead& head) {
    const std::string_view connection = head.header("connection");
    head.keep_alive = head.http_1_0 ? has_token(connection, "keep-alive") : !has_token(connection, "close");
    const std::string_view expectation = head.header("expect");
    if (expectation.empty() || head.http_1_0) return std::nullopt;
    if (!equal_ignoring_case(expectation, "100-continue")) {
        return Refusal{417, "the only expectation known here is 100-continue"};
    }
    head.expects_continue = true;
    return std::nullopt;
}

}  // namespace

std::string_view RequestHead::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : found->second;
}

bool has_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::string_view element = list.substr(0, list.find(','));
        if (equal_ignoring_case(trimmed(element), token)) return true;
        list.remove_prefix(std::min(element.size() + 1, list.size()));
    }
    return false;
}

std::variant<RequestHead, Refusal> parse_request_head(std::string_view text) {
    RequestHead head;
    bool is_request_line = true;
    while (true) {
        const std::size_t end = text.find(line_end);
        if (end == std::string_view::npos) return Refusal{400, "a line does not end with CR LF"};
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + line_end.size());
        if (line.empty() && !is_request_line) break;
        if (auto refusal = is_request_line ? parse_request_line(line, head) : parse_field(line, head)) {
            return *refusal;
        }
        is_request_line = false;
    }
    for (const auto step : {read_body_length, read_connection_options}) {
        if (auto refusal = step(head)) return *refusal;
    }
    if (auto refusal = check_host(head)) return *refusal;
    return head;
}

}  // namespace rill::http
