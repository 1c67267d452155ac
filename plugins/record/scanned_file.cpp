#include "scanned_file.hpp"

#include "container.hpp"
#include "scanned_muxed.hpp"

#include <rill/fd.hpp>
#include <rill/media/cmaf_reader.hpp>
#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace rill::record {

namespace {

Error failed(std::string_view what) {
    const int reason = errno;
    const Code code = reason == ENOENT ? Code::not_found : Code::internal;
    return {code, fmt::format("{}: {}", what, std::strerror(reason))};
}

/// FNV-1a, far from any number that counts something.
std::int64_t number_of(std::span<const std::uint8_t> bytes) {
    std::uint64_t hash = 14695981039346656037U;
    for (const std::uint8_t byte : bytes)
        hash = (hash ^ byte) * 1099511628211U;
    return static_cast<std::int64_t>(hash >> 2 | std::uint64_t{1} << 62);
}

/// Of the init segment: the writer makes the same bytes of the same formats.
Result<std::int64_t> formats_of(int fd, std::size_t init_bytes) {
    const auto bytes = read_at(fd, 0, init_bytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < init_bytes) return Error{Code::internal, "cannot be read: it was cut off meanwhile"};
    return number_of(*bytes);
}

/// Parts without holes: what was skipped between two belongs to the one before.
Result<> take_parts(const cmaf::Scan& scan, ScannedFile& found) {
    constexpr std::uint64_t longest = std::numeric_limits<std::uint32_t>::max();
    const auto micros = [](Nanoseconds time) {
        return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    };
    Nanoseconds end{0};
    for (std::size_t i = 0; i < scan.parts.size(); ++i) {
        const cmaf::Part& part = scan.parts[i];
        const std::uint64_t next = i + 1 < scan.parts.size() ? scan.parts[i + 1].offset : scan.complete_bytes;
        // Of the whole, so that what is cut off below a microsecond does not add up.
        const auto duration = micros(end + part.duration) - micros(end);
        end += part.duration;
        if (duration < 0 || static_cast<std::uint64_t>(duration) > longest || next - part.offset > longest)
            return Error{Code::unsupported_media, "a part is longer than any that Rill writes"};
        found.parts.push_back({static_cast<std::uint32_t>(duration),
                               static_cast<std::uint32_t>(next - part.offset), part.keyframe});
    }
    found.duration_us = micros(end);
    const std::uint64_t first = scan.parts.empty() ? scan.init.bytes : scan.parts.front().offset;
    if (first > longest) return Error{Code::unsupported_media, "its first part is too far behind"};
    found.init_bytes = static_cast<std::uint32_t>(first);
    return ok();
}

/// Nobody plays these by their parts; what is there is told in pieces that a row can hold.
void spread_parts(const ScannedMux& mux, ScannedFile& found) {
    constexpr std::uint64_t most_bytes = 1u << 30;
    constexpr std::int64_t most_us = 3'600'000'000;
    const std::uint64_t bytes = mux.whole_bytes - mux.init_bytes;
    const auto count = static_cast<std::uint64_t>(
        std::max<std::int64_t>(static_cast<std::int64_t>(bytes / most_bytes), mux.duration_us / most_us) + 1);
    const auto duration = static_cast<std::uint64_t>(mux.duration_us);
    for (std::uint64_t i = 0; i < count; ++i) {
        found.parts.push_back({static_cast<std::uint32_t>(duration * (i + 1) / count - duration * i / count),
                               static_cast<std::uint32_t>(bytes * (i + 1) / count - bytes * i / count),
                               true});
    }
}

Result<ScannedFile> scan_fmp4(int fd) {
    const auto scan = cmaf::scan(fd);
    if (!scan) return scan.error();
    ScannedFile found;
    found.whole_bytes = scan->complete_bytes;
    found.torn = scan->rest;
    for (const Format& format : scan->init.tracks)
        append_codec(found.codecs, recorded_codec(format));
    const auto formats = formats_of(fd, scan->init.bytes);
    if (!formats) return formats.error();
    found.formats = *formats;
    if (auto taken = take_parts(*scan, found); !taken) return taken.error();
    return found;
}

Result<ScannedFile> scan_muxed(int fd, std::uint64_t size, Container container) {
    const auto scan = container == Container::mpegts ? scan_mpegts(fd, size) : scan_matroska(fd, size);
    if (!scan) return scan.error();
    ScannedFile found;
    found.whole_bytes = scan->whole_bytes;
    found.torn = scan->torn;
    found.codecs = scan->codecs;
    const std::string formats = fmt::format("{} {}", to_string(container), scan->codecs);
    found.formats = number_of({reinterpret_cast<const std::uint8_t*>(formats.data()), formats.size()});
    found.init_bytes = scan->init_bytes;
    found.duration_us = scan->duration_us;
    if (scan->duration_us > 0) spread_parts(*scan, found);
    return found;
}

}  // namespace

Result<ScannedFile> scan_recording(const std::filesystem::path& file, bool cut) {
    const Fd open(::open(file.c_str(), (cut ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!open) return failed("cannot be opened");
    struct stat status {};
    if (::fstat(open.get(), &status) != 0) return failed("cannot be looked at");
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const Container container = container_of(file.native()).value_or(Container::fmp4);
    auto found =
        container == Container::fmp4 ? scan_fmp4(open.get()) : scan_muxed(open.get(), size, container);
    if (!found) return found.error();
    found->bytes = size;
    if (!cut || found->torn.empty()) return found;
    if (::ftruncate(open.get(), static_cast<off_t>(found->whole_bytes)) != 0)
        return failed("cannot be cut off");
    found->bytes = found->whole_bytes;
    return found;
}

}  // namespace rill::record
