#include "mux_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::record {

namespace {

/// What may wait for the muxer, which is as fast as memory.
constexpr std::size_t most_waiting_bytes = 128u << 20;
/// The muxer waits for a track that is silent.
constexpr Nanoseconds silence = std::chrono::seconds(2);
/// With a muxer out of which nothing comes. It takes milliseconds, and longer on a machine that is busy.
constexpr auto patience = std::chrono::seconds(5);

}  // namespace

Result<> MuxWriter::can_write(const Format& format) const {
    return MuxPipeline::can_write(settings_.container, format);
}

void MuxWriter::begin(CutSegment segment) {
    segment_ = std::move(segment);
    to_begin_ = true;
}

/// Of the pipeline, and not at its end.
bool MuxWriter::has(std::size_t track) const {
    const auto found = std::ranges::find(tracks_, track);
    return found != tracks_.end() && !pipeline_->has_ended(static_cast<std::size_t>(found - tracks_.begin()));
}

bool MuxWriter::lacks_one_of(const Tracks& heard) const {
    return std::ranges::any_of(heard, [this](std::size_t track) { return !has(track); });
}

/// Whether the pipeline can go on with the new segment.
bool MuxWriter::fits(const Tracks& heard) const {
    if (!pipeline_ || !segment_.continues || heard.size() != tracks_.size() || lacks_one_of(heard))
        return false;
    for (std::size_t at = 0; at < tracks_.size(); ++at) {
        if (tracks_[at] >= segment_.formats.size()) return false;
        if (*segment_.formats[tracks_[at]] != *formats_[at]) return false;
    }
    return true;
}

bool MuxWriter::append(const CutPart& part) {
    Tracks heard;
    for (const cmaf::Run& run : part.runs)
        heard.push_back(run.track);
    const bool comes_back = !to_begin_ && part.keyframe && pipeline_ && lacks_one_of(heard);
    if (comes_back) {
        segment_.start = part.start;
        segment_.start_us = part.start_us;
        segment_.continues = true;
    }
    if (to_begin_ && fits(heard)) {
        pipeline_->split(segment_.start);
        announce();
    } else if (to_begin_ || comes_back) {
        restart(heard);
    }
    to_begin_ = false;
    if (!pipeline_) return true;

    push(part, heard);
    if (pipeline_->waiting_bytes() > most_waiting_bytes)
        fail({Code::unavailable, "the muxer does not take what the camera sends"});
    return true;
}

void MuxWriter::fail(const Error& error) {
    has_failed_ = true;
    failed_(error);
}

void MuxWriter::push(const CutPart& part, const Tracks& heard) {
    for (std::size_t at = 0; at < tracks_.size(); ++at) {
        const bool is_heard = std::ranges::find(heard, tracks_[at]) != heard.end();
        if (is_heard) heard_until_[at] = part.end;
        if (part.end - heard_until_[at] >= silence) pipeline_->end(at);
    }
    collector_->announce({part.end, part.keyframe});
    for (const cmaf::Run& run : part.runs) {
        if (!has(run.track)) continue;
        const auto at = static_cast<std::size_t>(std::ranges::find(tracks_, run.track) - tracks_.begin());
        for (const UnitPtr& unit : run.units)
            pipeline_->push(at, *unit);
    }
}

void MuxWriter::announce() {
    NewSegment file;
    file.formats = formats_;
    file.start_us = segment_.start_us;
    file.continues = segment_.continues;
    file.container = settings_.container;
    collector_->announce(std::move(file), segment_.start);
}

void MuxWriter::restart(const Tracks& heard) {
    finish();
    has_failed_ = false;
    tracks_ = heard;
    heard_until_.assign(tracks_.size(), segment_.start);
    formats_.clear();
    for (const std::size_t track : tracks_)
        formats_.push_back(segment_.formats[track]);
    collector_ = std::make_shared<MuxCollector>(archive_, settings_.container);
    announce();
    auto made = MuxPipeline::create(settings_, loop_, formats_, collector_,
                                    [this](const Error& error) { fail(error); });
    if (!made) return fail(made.error());
    pipeline_ = *std::move(made);
}

/// Lets everything out that the muxer holds; nothing comes out of one that has failed.
void MuxWriter::finish() {
    if (pipeline_ && !has_failed_) {
        pipeline_->end();
        if (!collector_->wait_for_end(patience))
            log_.warning("the muxer did not hand out its last pictures in time; they are lost");
    }
    if (collector_) collector_->close();
    pipeline_.reset();
    collector_.reset();
}

}  // namespace rill::record
