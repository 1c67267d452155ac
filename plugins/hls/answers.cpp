#include "answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace rill::hls {

namespace {

struct Range {
    std::uint64_t first;
    std::uint64_t last;
};

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

enum class Verdict { ignored = 1, unsatisfiable, satisfiable };

/// "bytes=0-99", "bytes=100-", "bytes=-100" of a body of `size` bytes.
Verdict parse_range(std::string_view header, std::uint64_t size, Range& range) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return Verdict::ignored;
    header.remove_prefix(unit.size());
    const auto dash = header.find('-');
    if (dash == std::string_view::npos) return Verdict::ignored;
    const std::string_view from = header.substr(0, dash);
    const std::string_view to = header.substr(dash + 1);
    if (from.empty()) {
        const auto count = number(to);
        if (!count) return Verdict::ignored;
        if (*count == 0 || size == 0) return Verdict::unsatisfiable;
        range = {size - std::min(*count, size), size - 1};
        return Verdict::satisfiable;
    }
    const auto first = number(from);
    const auto last = to.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number(to);
    if (!first || !last || *last < *first) return Verdict::ignored;
    if (*first >= size) return Verdict::unsatisfiable;
    range = {*first, std::min(*last, size - 1)};
    return Verdict::satisfiable;
}

cmaf::Chunks slice(const cmaf::Chunks& chunks, const Range& range) {
    cmaf::Chunks result;
    std::uint64_t position = 0;
    for (const Ref<GBytes>& chunk : chunks) {
        const std::uint64_t size = g_bytes_get_size(chunk.get());
        const std::uint64_t first = std::max(range.first, position);
        const std::uint64_t end = std::min(range.last + 1, position + size);
        if (first < end) {
            result.push_back(
                Ref<GBytes>::adopt(g_bytes_new_from_bytes(chunk.get(), first - position, end - first)));
        }
        position += size;
    }
    return result;
}

}  // namespace

http::Response playlist_answer(std::string_view text) {
    http::Response response = http::Response::text(200, "application/vnd.apple.mpegurl", text);
    response.header("Cache-Control", "no-cache");
    return response;
}

http::Response media_answer(std::string_view content_type, const cmaf::Chunks& bytes,
                            std::string_view header) {
    const std::uint64_t size = cmaf::size_of(bytes);
    Range range{};
    const Verdict verdict = parse_range(header, size, range);
    http::Response response;
    if (verdict == Verdict::unsatisfiable) {
        response =
            http::Response::json(416, R"({"status":"error","error":"the range is outside of the file"})");
        response.header("Content-Range", fmt::format("bytes */{}", size));
        return response;
    }
    response.content_type = content_type;
    response.header("Cache-Control", "max-age=3600, immutable");
    response.header("Accept-Ranges", "bytes");
    if (verdict == Verdict::satisfiable) {
        response.status = 206;
        response.header("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, size));
        response.body = slice(bytes, range);
        return response;
    }
    response.body = bytes;
    return response;
}

}  // namespace rill::hls
