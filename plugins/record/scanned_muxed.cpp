#include "scanned_muxed.hpp"

#include <rill/media/formats.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace rill::record {

namespace {

using Nal = std::span<const std::uint8_t>;

void put_nal(std::vector<std::uint8_t>& record, Nal nal) {
    record.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    record.push_back(static_cast<std::uint8_t>(nal.size()));
    record.insert(record.end(), nal.begin(), nal.end());
}

/// ISO/IEC 14496-15 §5.3.3.1, with what a reader of parameter sets looks at.
std::vector<std::uint8_t> avcc_of(Nal sps, Nal pps) {
    std::vector<std::uint8_t> record = {1, sps[1], sps[2], sps[3], 0xFF, 0xE1};
    put_nal(record, sps);
    record.push_back(1);
    put_nal(record, pps);
    return record;
}

/// ISO/IEC 14496-15 §8.3.3.1, the same.
std::vector<std::uint8_t> hvcc_of(std::span<const Nal> sets) {
    constexpr std::size_t head_bytes = 23;
    std::vector<std::uint8_t> record(head_bytes);
    record[0] = 1;
    record[21] = 3;  // lengths of 4 bytes
    record[22] = static_cast<std::uint8_t>(sets.size());
    for (const Nal set : sets) {
        record.push_back(set[0] >> 1 & 0x3F);
        record.insert(record.end(), {0, 1});
        put_nal(record, set);
    }
    return record;
}

}  // namespace

Result<std::vector<std::uint8_t>> read_at(int fd, std::uint64_t offset, std::size_t most) {
    std::vector<std::uint8_t> bytes(most);
    std::size_t got = 0;
    while (got < most) {
        const ssize_t count = ::pread(fd, &bytes[got], most - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error{Code::internal, fmt::format("cannot be read: {}", std::strerror(errno))};
        if (count == 0) break;
        got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
}

std::string codec_of_nals(bool is_h265, const std::vector<Nal>& nals) {
    constexpr std::size_t longest = 0xFFFF;
    const auto find = [&](int type) {
        for (const Nal nal : nals) {
            if (nal.size() < 4 || nal.size() > longest) continue;
            if ((is_h265 ? nal[0] >> 1 & 0x3F : nal[0] & 0x1F) == type) return nal;
        }
        return Nal();
    };
    std::optional<VideoParameters> video;
    if (is_h265) {
        const std::vector<Nal> sets = {find(32), find(33), find(34)};
        if (!sets[0].empty() && !sets[1].empty() && !sets[2].empty())
            video = parse_h265_config(hvcc_of(sets));
    } else {
        const Nal sps = find(7);
        const Nal pps = find(8);
        if (!sps.empty() && !pps.empty()) video = parse_h264_config(avcc_of(sps, pps));
    }
    return video ? video->codec_string : "";
}

}  // namespace rill::record
