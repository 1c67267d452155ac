#include <rill/bytes.hpp>
#include <rill/media/cmaf_units.hpp>

#include <utility>

namespace rill::cmaf {

UnitReader::UnitReader(Init init, std::int64_t start_utc_us)
    : init_(std::move(init)), start_utc_us_(start_utc_us) {
    formats_.reserve(init_.tracks.size());
    for (const Format& format : init_.tracks)
        formats_.push_back(std::make_shared<const Format>(format));
}

Result<std::vector<std::vector<UnitPtr>>> UnitReader::units(const Ref<GBytes>& fragment) const {
    const auto bytes = view(fragment);
    const auto parsed = parse_fragment(bytes, init_);
    if (!parsed) return parsed.error();
    if (parsed->data_end > bytes.size())
        return Error{Code::unsupported_media, "a fragment's samples lie outside of it"};
    const auto whole = Ref<GstBuffer>::adopt(gst_buffer_new_wrapped_bytes(fragment.get()));
    std::vector<std::vector<UnitPtr>> tracks(formats_.size());
    for (const RunInfo& run : parsed->runs) {
        auto& units = tracks[run.track];
        units.reserve(units.size() + run.samples.size());
        for (const SampleInfo& sample : run.samples) {
            auto unit = std::make_shared<AccessUnit>();
            unit->format = formats_[run.track];
            unit->buffer = Ref<GstBuffer>::adopt(
                gst_buffer_copy_region(whole.get(), GST_BUFFER_COPY_MEMORY, sample.offset, sample.size));
            unit->dts = sample.dts_time;
            unit->pts = sample.pts_time;
            unit->duration = sample.duration_time;
            unit->utc_us = start_utc_us_ +
                           std::chrono::duration_cast<std::chrono::microseconds>(sample.pts_time).count();
            unit->keyframe = sample.keyframe;
            unit->disposable = sample.disposable;
            units.push_back(std::move(unit));
        }
    }
    return tracks;
}

}  // namespace rill::cmaf
