#include "status_json.hpp"

#include <rill/clock.hpp>

namespace rill::api {

namespace {

Json to_json(const Format& format) {
    Json out = Json::object().set("kind", to_string(format.kind)).set("codec", to_string(format.codec));
    if (format.kind == Kind::video) {
        out.set("profile", format.profile)
            .set("level", format.level)
            .set("width", format.width)
            .set("height", format.height)
            .set("frameRate", format.frame_rate);
    } else {
        out.set("sampleRate", format.sample_rate).set("channels", format.channels);
    }
    return std::move(out).set("codecString", format.codec_string);
}

Json to_json(const TrackStatus& track) {
    return to_json(*track.format)
        .set("units", track.units)
        .set("bytes", track.bytes)
        .set("discontinuities", track.discontinuities);
}

Json to_json(const ReaderStatus& reader, Readers how) {
    Json out = Json::object().set("id", reader.id).set("type", reader.type);
    if (how == Readers::with_addresses) out.set("remote", reader.remote).set("userAgent", reader.user_agent);
    return std::move(out)
        .set("since", rfc3339(reader.since_us))
        .set("bytesSent", reader.bytes_sent)
        .set("unitsDropped", reader.units_dropped);
}

Json to_json(const std::vector<ReaderStatus>& readers, Readers how) {
    Json out = Json::array();
    for (const ReaderStatus& reader : readers)
        out.append(to_json(reader, how));
    return out;
}

Json to_json(const RenditionStatus& rendition) {
    return Json::object()
        .set("name", to_string(rendition.rendition))
        .set("of", to_string(rendition.source->codec))
        .set("track", rendition.format ? to_json(*rendition.format) : Json())
        .set("running", rendition.running)
        .set("reason", rendition.reason)
        .set("elements", rendition.elements)
        .set("hardware", rendition.hardware)
        .set("links", rendition.links)
        .set("units", rendition.units)
        .set("bytes", rendition.bytes)
        .set("failures", rendition.failures)
        .set("cpuSeconds", static_cast<double>(rendition.cpu_us) / 1e6);
}

Json to_json(const SinkStatus& sink) {
    Json out = Json::object().set("id", sink.id).set("running", sink.running).set("reason", sink.reason);
    if (!sink.counters) return out;
    Json counters = Json::object();
    for (const SinkCounter& counter : sink.counters->read())
        counters.set(counter.name, counter.value);
    return std::move(out).set("counters", std::move(counters));
}

template <class T>
Json to_array(const std::vector<T>& values) {
    Json out = Json::array();
    for (const T& value : values)
        out.append(to_json(value));
    return out;
}

}  // namespace

Json to_json(const PathStatus& path, Readers readers) {
    return Json::object()
        .set("id", path.name)
        .set("source", path.source)
        .set("sourceType", path.source_type)
        .set("substream", path.substream)
        .set("onDemand", path.on_demand)
        .set("status", to_string(path.state))
        .set("reason", path.reason)
        .set("since", rfc3339(path.since_us))
        .set("available", path.available_since_us != 0)
        .set("tracks", to_array(path.tracks))
        .set("renditions", to_array(path.renditions))
        .set("readers", to_json(path.readers, readers))
        .set("readerCount", path.readers.size())
        .set("maxReaders", path.max_readers)
        .set("sinks", to_array(path.sinks))
        .set("inboundBytes", path.inbound_bytes)
        .set("inboundBitrate", path.inbound_bits_per_second)
        .set("outboundBytes", path.outbound_bytes)
        .set("unitsDropped", path.units_dropped)
        .set("reconnects", path.reconnects);
}

}  // namespace rill::api
