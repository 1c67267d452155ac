#include "scanned_muxed.hpp"

#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace rill::record {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t packet_bytes = 188;
constexpr std::uint8_t sync_byte = 0x47;
/// Of its head and of its tail. Tables come ten times a second, and so does the clock.
constexpr std::size_t looked_at = packet_bytes << 14;
constexpr std::uint64_t clock_wrap = std::uint64_t{1} << 33;
constexpr std::uint64_t clock_rate = 90'000;

enum StreamType : std::uint8_t { private_data = 0x06, aac = 0x0F, h264 = 0x1B, h265 = 0x24 };

std::uint16_t u16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// One packet (§2.4.3.2). What does not fit into it is empty.
struct Packet {
    std::uint16_t pid = 0;
    bool starts = false;  ///< a section or a PES packet
    std::optional<std::uint64_t> clock;
    Bytes payload;

    explicit Packet(Bytes bytes) : pid(u16(bytes, 1) & 0x1FFF), starts((bytes[1] & 0x40) != 0) {
        const bool has_payload = (bytes[3] & 0x10) != 0;
        const bool has_adaptation = (bytes[3] & 0x20) != 0;
        std::size_t at = 4;
        if (has_adaptation) {
            const std::size_t length = bytes[at];
            const bool has_clock = length >= 7 && (bytes[at + 1] & 0x10) != 0;
            if (has_clock) {
                clock = std::uint64_t{u16(bytes, at + 2)} << 17 | std::uint64_t{u16(bytes, at + 4)} << 1 |
                        bytes[at + 6] >> 7;
            }
            at += 1 + length;
        }
        if (has_payload && at < bytes.size()) payload = bytes.subspan(at);
    }
};

/// Of a table that fits into one packet, from its id on (§2.4.4).
Bytes section_of(const Packet& packet, std::uint8_t table) {
    if (!packet.starts || packet.payload.empty()) return {};
    const std::size_t pointer = 1 + std::size_t{packet.payload[0]};
    if (pointer + 3 > packet.payload.size()) return {};
    const Bytes section = packet.payload.subspan(pointer);
    const std::size_t length = 3 + (u16(section, 1) & 0x0FFFU);
    return section[0] == table && length <= section.size() && length >= 12 ? section.first(length - 4)
                                                                           : Bytes();
}

/// Puts together what is needed of a file's beginning.
class Head {
  public:
    void take(const Packet& packet) {
        if (packet.clock && !first_clock) first_clock = packet.clock;
        if (packet.pid == 0) return take_programs(section_of(packet, 0));
        if (map_ && packet.pid == *map_) return take_streams(section_of(packet, 2));
        const auto stream = streams_.find(packet.pid);
        if (stream == streams_.end() || stream->second.complete) return;
        if (packet.starts && !stream->second.data.empty()) {
            stream->second.complete = true;
            return;
        }
        if (packet.starts || !stream->second.data.empty())
            stream->second.data.insert(stream->second.data.end(), packet.payload.begin(),
                                       packet.payload.end());
    }

    bool has_streams() const { return !streams_.empty(); }
    std::string codecs() const {
        std::string codecs;
        for (const bool picture : {true, false}) {
            for (const auto& [pid, stream] : streams_) {
                if (picture == (stream.type == h264 || stream.type == h265))
                    append_codec(codecs, codec_of(stream));
            }
        }
        return codecs;
    }
    std::optional<std::uint64_t> first_clock;

  private:
    struct Stream {
        std::uint8_t type = 0;
        std::vector<std::uint8_t> data;  ///< of the first PES packet
        bool complete = false;
    };

    void take_programs(Bytes table) {
        if (table.size() >= 12) map_ = u16(table, 10) & 0x1FFF;
    }

    void take_streams(Bytes table) {
        if (table.size() < 12) return;
        std::size_t at = 12 + (u16(table, 10) & 0x0FFFU);
        while (at + 5 <= table.size()) {
            streams_[u16(table, at + 1) & 0x1FFF].type = table[at];
            at += 5 + (u16(table, at + 3) & 0x0FFFU);
        }
    }

    static std::string codec_of(const Stream& stream) {
        // §2.4.3.6: PES header.
        if (stream.data.size() < 9) return "";
        const std::size_t head = 9 + std::size_t{stream.data[8]};
        if (head >= stream.data.size()) return "";
        const Bytes data = Bytes(stream.data).subspan(head);
        if (stream.type == private_data) return "opus";
        // ISO/IEC 14496-3 §1.A.2.2: the ADTS header's profile is the object type less one.
        if (stream.type == aac) return data.size() > 2 ? fmt::format("mp4a.40.{}", (data[2] >> 6) + 1) : "";
        return codec_of_nals(stream.type == h265, nals_of(data));
    }

    /// Between start codes (H.264 and H.265 Annex B).
    static std::vector<Bytes> nals_of(Bytes data) {
        std::vector<Bytes> nals;
        std::optional<std::size_t> start;
        for (std::size_t at = 0; at + 3 <= data.size(); ++at) {
            if (data[at] != 0 || data[at + 1] != 0 || data[at + 2] != 1) continue;
            if (start) nals.push_back(trimmed(data.subspan(*start, at - *start)));
            start = at + 3;
            at += 2;
        }
        if (start) nals.push_back(trimmed(data.subspan(*start)));
        return nals;
    }
    static Bytes trimmed(Bytes nal) {
        while (!nal.empty() && nal.back() == 0)
            nal = nal.first(nal.size() - 1);
        return nal;
    }

    std::optional<std::uint16_t> map_;
    std::map<std::uint16_t, Stream> streams_;
};

template <class Each>
bool for_each_packet(Bytes bytes, const Each& each) {
    for (std::size_t at = 0; at + packet_bytes <= bytes.size(); at += packet_bytes) {
        if (bytes[at] != sync_byte) return false;
        each(Packet(bytes.subspan(at, packet_bytes)));
    }
    return true;
}

}  // namespace

Result<ScannedMux> scan_mpegts(int fd, std::uint64_t size) {
    ScannedMux found;
    found.whole_bytes = size - size % packet_bytes;
    if (found.whole_bytes != size) found.torn = "in the middle of a packet";
    const auto head_bytes = read_at(fd, 0, std::min<std::uint64_t>(found.whole_bytes, looked_at));
    if (!head_bytes) return head_bytes.error();
    Head head;
    if (!for_each_packet(*head_bytes, [&head](const Packet& packet) { head.take(packet); }) ||
        !head.has_streams())
        return Error{Code::unsupported_media, "it is no MPEG-TS of one program"};
    found.codecs = head.codecs();

    const std::uint64_t tail = found.whole_bytes - std::min<std::uint64_t>(found.whole_bytes, looked_at);
    const auto tail_bytes = read_at(fd, tail, looked_at);
    if (!tail_bytes) return tail_bytes.error();
    auto last_clock = head.first_clock;
    for_each_packet(*tail_bytes, [&last_clock](const Packet& packet) {
        if (packet.clock) last_clock = packet.clock;
    });
    if (!head.first_clock) return found;
    const std::uint64_t ticks = (*last_clock + clock_wrap - *head.first_clock) % clock_wrap;
    found.duration_us = std::max(static_cast<std::int64_t>(ticks * 1'000'000 / clock_rate), one_picture_us);
    return found;
}

}  // namespace rill::record
