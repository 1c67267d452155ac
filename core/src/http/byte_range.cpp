#include "http_date.hpp"
#include "message.hpp"

#include <rill/http_range.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rill::http {
namespace {

constexpr std::string_view unit = "bytes=";

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
    return value;
}

ByteRange last_bytes(std::uint64_t count, std::uint64_t size) {
    if (count == 0) return {ByteRange::Kind::unsatisfiable};
    // All of nothing: satisfiable, but no Content-Range could say so.
    if (size == 0) return {};
    const std::uint64_t length = std::min(count, size);
    return {ByteRange::Kind::part, size - length, length};
}

/// Takes the first entity tag off `list`: `W/"a"` or `"a"`, whose text may hold commas. Empty at the end, and
/// at what is no tag.
std::string_view next_tag(std::string_view& list) {
    list.remove_prefix(std::min(list.find_first_not_of(", \t"), list.size()));
    const std::size_t open = list.starts_with("W/") ? 2 : 0;
    if (list.substr(open, 1) != "\"") return {};
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return {};
    const std::string_view tag = list.substr(0, close + 1);
    list.remove_prefix(tag.size());
    return tag;
}

bool is_weak(std::string_view tag) {
    return tag.starts_with("W/");
}

std::string_view opaque(std::string_view tag) {
    return is_weak(tag) ? tag.substr(2) : tag;
}

bool matches_any(std::string_view list, std::string_view etag) {
    if (list == "*") return true;
    if (etag.empty()) return false;
    for (auto tag = next_tag(list); !tag.empty(); tag = next_tag(list)) {
        if (opaque(tag) == opaque(etag)) return true;
    }
    return false;
}

bool is_last_modified(std::string_view date, const Validators& validators) {
    return validators.last_modified && date == http_date(*validators.last_modified);
}

}  // namespace

ByteRange parse_range(std::string_view header, std::uint64_t size) {
    if (g_ascii_strncasecmp(std::string(header).c_str(), unit.data(), unit.size()) != 0) return {};
    header.remove_prefix(unit.size());
    const std::size_t dash = header.find('-');
    if (dash == std::string_view::npos) return {};
    const auto from = number(header.substr(0, dash));
    const std::string_view until = header.substr(dash + 1);
    const auto to = number(until);
    if (!to && !until.empty()) return {};
    if (dash == 0) return to ? last_bytes(*to, size) : ByteRange();
    if (!from || (to && *to < *from)) return {};
    if (*from >= size) return {ByteRange::Kind::unsatisfiable};
    const std::uint64_t last = std::min(to.value_or(size - 1), size - 1);
    return {ByteRange::Kind::part, *from, last - *from + 1};
}

bool is_unchanged(const Request& request, const Validators& validators) {
    const std::string_view tags = request.header("if-none-match");
    if (!tags.empty()) return matches_any(tags, validators.etag);
    return is_last_modified(request.header("if-modified-since"), validators);
}

bool obeys_range(const Request& request, const Validators& validators) {
    const std::string_view condition = request.header("if-range");
    if (condition.empty()) return true;
    const bool is_tag = condition.starts_with('"') || is_weak(condition);
    if (!is_tag) return is_last_modified(condition, validators);
    // Bytes of two bodies may be joined only when they are equal, which weak tags do not say.
    return !is_weak(condition) && condition == validators.etag;
}

Response resumable_answer(const Request& request, std::string_view content_type,
                          std::unique_ptr<BodySource> source, const Validators& validators) {
    const StreamedBody whole(std::move(source));
    const std::optional<std::uint64_t> size = whole.size();
    ByteRange range;
    if (size && obeys_range(request, validators)) range = parse_range(request.header("range"), *size);

    Response response;
    if (is_unchanged(request, validators)) {
        response.status = 304;
    } else if (range.kind == ByteRange::Kind::unsatisfiable) {
        response = refusal(416, fmt::format("the range lies outside of the {} bytes", *size));
        response.header("Content-Range", fmt::format("bytes */{}", *size));
    } else if (range.kind == ByteRange::Kind::part) {
        response.status = 206;
        response.header("Content-Range",
                        fmt::format("bytes {}-{}/{}", range.first, range.first + range.count - 1, *size));
        response.stream = whole.part(range.first, range.count);
    } else {
        response.stream = whole;
    }
    if (response.stream) response.content_type = content_type;
    if (size) response.header("Accept-Ranges", "bytes");
    if (!validators.etag.empty()) response.header("ETag", validators.etag);
    if (validators.last_modified) response.header("Last-Modified", http_date(*validators.last_modified));
    return response;
}

}  // namespace rill::http
