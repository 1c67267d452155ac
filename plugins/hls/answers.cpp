#include "answers.hpp"

#include "segment_files.hpp"

#include <rill/http_range.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace rill::hls {

namespace {

cmaf::Chunks slice(const cmaf::Chunks& chunks, const http::ByteRange& range) {
    cmaf::Chunks result;
    std::uint64_t position = 0;
    for (const Ref<GBytes>& chunk : chunks) {
        const std::uint64_t size = g_bytes_get_size(chunk.get());
        const std::uint64_t first = std::max(range.first, position);
        const std::uint64_t end = std::min(range.first + range.count, position + size);
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

Media in_memory(cmaf::Chunks bytes) {
    const std::uint64_t size = cmaf::size_of(bytes);
    return {std::move(bytes), nullptr, 0, size};
}

http::Response media_answer(std::string_view content_type, const Media& media, std::string_view header) {
    const std::uint64_t size = media.size;
    const http::ByteRange range = http::parse_range(header, size);
    http::Response response;
    if (range.kind == http::ByteRange::Kind::unsatisfiable) {
        response =
            http::Response::json(416, R"({"status":"error","error":"the range is outside of the file"})");
        response.header("Content-Range", fmt::format("bytes */{}", size));
        return response;
    }
    response.content_type = content_type;
    response.header("Cache-Control", "max-age=3600, immutable");
    response.header("Accept-Ranges", "bytes");
    if (range.kind == http::ByteRange::Kind::part) {
        response.status = 206;
        response.header("Content-Range",
                        fmt::format("bytes {}-{}/{}", range.first, range.first + range.count - 1, size));
        if (media.file) {
            response.stream = media.file->body(media.first + range.first, range.count);
        } else {
            response.body = slice(media.bytes, range);
        }
        return response;
    }
    if (media.file) {
        response.stream = media.file->body(media.first, size);
    } else {
        response.body = media.bytes;
    }
    return response;
}

}  // namespace rill::hls
