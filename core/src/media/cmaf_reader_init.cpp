// Init segments back into formats. The inverse of cmaf_init.cpp.
#include "box_parser.hpp"
#include "cmaf_init.hpp"
#include "format_record.hpp"
#include "h265.hpp"

#include <rill/media/cmaf_reader.hpp>

#include <utility>

namespace rill::cmaf {
namespace {

constexpr std::size_t full_box_header = 4;
constexpr std::size_t visual_sample_entry = 78;

std::vector<std::uint8_t> copy(Bytes bytes) {
    return {bytes.begin(), bytes.end()};
}

std::optional<Format> video_format(Codec codec, Bytes entry) {
    if (entry.size() < visual_sample_entry) return std::nullopt;
    const bool avc = codec == Codec::h264;
    const auto record = find_box(entry.subspan(visual_sample_entry), avc ? fourcc("avcC") : fourcc("hvcC"));
    if (!record) return std::nullopt;
    return video_format_from_record(codec, avc ? copy(*record) : h265::without_complete_arrays(*record));
}

/// A descriptor's content, after its tag and expandable length (ISO/IEC 14496-1 §8.3.3).
Bytes descriptor(ByteReader& reader, std::uint8_t tag) {
    constexpr int longest_length = 4;
    if (reader.u8() != tag) return {};
    std::size_t length = 0;
    for (int i = 0; i < longest_length; ++i) {
        const std::uint8_t byte = reader.u8();
        length = length << 7 | (byte & 0x7FU);
        if ((byte & 0x80U) == 0) return reader.take(length);
    }
    return {};
}

/// The DecoderConfigDescriptor of an esds (ISO/IEC 14496-1 §7.2.6.5); empty when it is broken.
Bytes decoder_config(Bytes esds) {
    ByteReader box(esds);
    box.take(full_box_header);
    ByteReader stream(descriptor(box, 0x03));
    stream.take(2 + 1);  // ES_ID and flags
    return descriptor(stream, 0x04);
}

std::optional<Format> mjpeg_format(Bytes entry) {
    if (entry.size() < visual_sample_entry) return std::nullopt;
    const auto esds = find_box(entry.subspan(visual_sample_entry), fourcc("esds"));
    if (!esds || ByteReader(decoder_config(*esds)).u8() != jpeg_object_type) return std::nullopt;
    ByteReader reader(entry);
    reader.take(6 + 2 + 2 + 2 + 3 * 4);
    const int width = reader.u16();
    return mjpeg_format_of(width, reader.u16());
}

/// AudioSampleEntry (ISO/IEC 14496-12 §12.2.3).
struct SoundEntry {
    int channels = 0;
    int sample_rate = 0;  ///< 0 when it does not fit
    Bytes boxes;
};
std::optional<SoundEntry> sound_entry(Bytes entry) {
    ByteReader reader(entry);
    reader.take(6 + 2 + 8);
    SoundEntry sound;
    sound.channels = reader.u16();
    reader.take(2 + 2 + 2);
    sound.sample_rate = reader.u16();
    reader.u16();  // the fraction of the rate
    sound.boxes = reader.rest();
    if (!reader.ok()) return std::nullopt;
    return sound;
}

/// The AudioSpecificConfig of an esds; empty when it is broken or there is none.
Bytes audio_specific_config(Bytes esds) {
    ByteReader decoder(decoder_config(esds));
    decoder.take(1 + 1 + 3 + 4 + 4);
    return descriptor(decoder, 0x05);
}

std::optional<Format> aac_format(const SoundEntry& sound) {
    const auto esds = find_box(sound.boxes, fourcc("esds"));
    if (!esds) return std::nullopt;
    auto format = aac_format_from_record(copy(audio_specific_config(*esds)));
    if (format && format->channels == 0) format->channels = sound.channels;
    return format;
}

std::optional<Format> opus_format(const SoundEntry& sound) {
    const auto specific = find_box(sound.boxes, fourcc("dOps"));
    if (!specific || specific->size() < 2) return std::nullopt;
    return opus_format_of((*specific)[1]);
}

std::optional<Format> format_of_entry(const Box& entry) {
    if (entry.type == fourcc("avc1")) return video_format(Codec::h264, entry.content);
    if (entry.type == fourcc("hvc1")) return video_format(Codec::h265, entry.content);
    if (entry.type == fourcc("mp4v")) return mjpeg_format(entry.content);
    const auto sound = sound_entry(entry.content);
    if (!sound) return std::nullopt;
    if (entry.type == fourcc("mp4a")) return aac_format(*sound);
    if (entry.type == fourcc("Opus")) return opus_format(*sound);
    if (entry.type == fourcc("ulaw")) return pcm_format_of(Codec::pcmu, sound->sample_rate, sound->channels);
    if (entry.type == fourcc("alaw")) return pcm_format_of(Codec::pcma, sound->sample_rate, sound->channels);
    return std::nullopt;
}

std::optional<Format> sample_description(Bytes track) {
    const auto description =
        find_box(track, {fourcc("mdia"), fourcc("minf"), fourcc("stbl"), fourcc("stsd")});
    if (!description) return std::nullopt;
    ByteReader reader(*description);
    reader.take(full_box_header);
    if (reader.u32() != 1) return std::nullopt;
    Bytes entries = reader.rest();
    const auto entry = take_box(entries);
    return entry ? format_of_entry(*entry) : std::nullopt;
}

/// A field of a version 0 box; empty when the box is missing, too short or of another version.
std::optional<std::uint32_t> field(const std::optional<Bytes>& box, std::size_t offset) {
    if (!box) return std::nullopt;
    ByteReader reader(*box);
    const unsigned version = reader.u8();
    reader.take(offset - 1);
    const std::uint32_t value = reader.u32();
    if (!reader.ok() || version != 0) return std::nullopt;
    return value;
}

Result<> add_track(Bytes track, Init& init) {
    constexpr std::size_t after_times = full_box_header + 4 + 4;
    const auto id = field(find_box(track, fourcc("tkhd")), after_times);
    if (id != init.tracks.size() + 1) return broken("a tkhd has not the next track_ID");
    auto format = sample_description(track);
    if (!format) return broken(fmt::format("the stsd of track {} describes nothing that Rill writes", *id));
    if (const auto checked = check_format(*format); !checked) return broken(checked.error().message);
    const auto scale = field(find_box(track, {fourcc("mdia"), fourcc("mdhd")}), after_times);
    if (scale != time_scale(*format)) return broken(fmt::format("track {} has another time scale", *id));
    init.time_scales.push_back(*scale);
    init.tracks.push_back(*std::move(format));
    return ok();
}

}  // namespace

Result<Init> parse_init(Bytes bytes) {
    Bytes rest = bytes;
    const auto type = take_box(rest);
    if (!type || type->type != fourcc("ftyp")) return broken("there is no whole ftyp at the start");
    const auto movie = take_box(rest);
    if (!movie || movie->type != fourcc("moov")) return broken("there is no whole moov after ftyp");

    Init init;
    init.bytes = type->size + movie->size;
    Bytes boxes = movie->content;
    while (!boxes.empty()) {
        const auto box = take_box(boxes);
        if (!box) return broken("a box in moov is longer than moov");
        if (box->type != fourcc("trak")) continue;
        if (const auto added = add_track(box->content, init); !added) return added.error();
    }
    if (init.tracks.empty()) return broken("moov has no track");
    return init;
}

}  // namespace rill::cmaf
