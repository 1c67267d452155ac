// Cuts access units into RTP payloads: once for a track, shared by all who send it. H.264 (RFC 6184,
// packetization-mode 1), H.265 (RFC 7798, no DONL), VP8 (RFC 7741), VP9 (RFC 9628,
// non-flexible mode), Opus (RFC 7587), G.711 (RFC 3551 §4.5.14).
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rill::rtp {

/// The payload of one RTP packet: `head`, then `body`. The body shares the access unit's memory.
struct Slice {
    std::array<std::uint8_t, 11> head{};  ///< fragmentation unit header or payload descriptor
    std::uint8_t head_size = 0;
    bool marker = false;
    std::uint32_t ticks = 0;  ///< to add to the unit's RTP timestamp; only split audio has some
    Ref<GstMemory> body;

    std::size_t size() const;
};

/// One access unit, cut. Immutable and shared.
struct Payload {
    UnitPtr unit;
    std::vector<Slice> slices;  ///< empty when nothing of the unit is worth sending
    std::size_t bytes = 0;      ///< of all slices
};
using PayloadPtr = std::shared_ptr<const Payload>;

/// Whether there is a payload format for this codec here (AAC: not, browsers have none).
bool supports(Codec codec);
/// Ticks a second of the codec's RTP timestamps.
std::uint32_t clock_rate(const Format& format);
/// A time in ticks, rounded to the nearest; wraps as RTP timestamps do.
std::uint32_t to_ticks(Nanoseconds time, std::uint32_t clock_rate);

/// One track's packetiser.
///
/// A keyframe goes out with the parameter sets of its format's `config` in front, except those that the unit
/// holds itself. Access unit delimiters and filler data, which only the byte stream format needs, are left
/// out.
///
/// Threading: none of its own; one thread at a time.
class Packetiser {
  public:
    /// No slice is larger than `max_payload` bytes (at least 16).
    explicit Packetiser(std::size_t max_payload) : max_payload_(max_payload) {}

    /// Error: not_acceptable for a codec without payload format, invalid_config for a unit whose NAL lengths
    /// are broken.
    Result<PayloadPtr> packetise(UnitPtr unit);

  private:
    std::size_t max_payload_;
};

/// What a receiver's stream adds to the shared payload.
struct StreamHeader {
    std::uint8_t payload_type = 0;
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;  ///< of the next packet; counts on
};

/// One RTP packet (RFC 3550 §5.1). `extension` holds header extension elements in the one-byte form (RFC 8285
/// §4.2) without padding, or is empty. Only the headers are new memory; the body is shared.
Ref<GstBuffer> make_packet(StreamHeader& stream, const Slice& slice, std::uint32_t timestamp,
                           std::span<const std::uint8_t> extension);

}  // namespace rill::rtp
