// Byte ranges and conditional requests, for handlers whose answers can be resumed.
#pragma once

#include <rill/http.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rill::http {

/// What a Range header asks of a body. `first` and `count` in bytes, of Kind::part; `count` is at least 1.
struct ByteRange {
    enum class Kind {
        whole,         ///< no header, or one to be ignored: malformed, another unit, several ranges
        part,          ///< answered 206
        unsatisfiable  ///< answered 416
    };
    Kind kind = Kind::whole;
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    bool operator==(const ByteRange&) const = default;
};

/// `header` is the value of Range (RFC 9110 §14.2), `size` that of the body in bytes.
ByteRange parse_range(std::string_view header, std::uint64_t size);

/// What changes when the body changes (RFC 9110 §8.8).
struct Validators {
    std::string etag;                           ///< with its quotes: "\"5f3a-1000\"", or empty
    std::optional<std::int64_t> last_modified;  ///< seconds since 1970; the body is not changed twice in one
};

/// Whether the client has this body already, by If-None-Match, or without it If-Modified-Since (RFC 9110
/// §13.1). The latter holds for exactly the date that was sent, as If-Range does.
bool is_unchanged(const Request& request, const Validators& validators);
/// Whether Range counts: there is no If-Range, or it names exactly this body (RFC 9110 §13.1.5).
bool obeys_range(const Request& request, const Validators& validators);

/// The answer to a GET of `source`: 200, 206 with Content-Range, 304, or 416 with Content-Range, and with
/// ETag, Last-Modified and Accept-Ranges where they belong. A source of unknown size is always sent whole.
/// The caller may add headers (Content-Disposition, Cache-Control).
Response resumable_answer(const Request& request, std::string_view content_type,
                          std::unique_ptr<BodySource> source, const Validators& validators);

}  // namespace rill::http
