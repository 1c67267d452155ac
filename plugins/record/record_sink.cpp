#include "record_sink.hpp"

#include "fmp4_writer.hpp"
#include "mux_writer.hpp"

#include <rill/clock.hpp>
#include <rill/playable_sound.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::record {

using namespace std::chrono_literals;

namespace {

/// After the moment at which a part should be complete: its last unit is on its way.
constexpr auto margin = std::chrono::milliseconds(20);
/// A link holds what comes between two looks, and more when the path's loop is late: no loss before that.
constexpr std::size_t most_units = 16384;
/// For sound that is being made to begin, so that it is in the first file.
constexpr Nanoseconds patience = std::chrono::seconds(2);
/// Between looks for it.
constexpr auto look_interval = std::chrono::milliseconds(50);

std::size_t link_bytes(const Settings& settings) {
    return settings.part_max_bytes + (16u << 20);
}

/// Whether players of such files take this codec out of them.
bool (*played_from(Container container))(Codec) {
    switch (container) {
        case Container::fmp4:
            return cmaf::is_cmaf;
        case Container::mpegts:
            return plays_from_mpegts;
        case Container::matroska:
            break;
    }
    // It has names for all but this.
    return [](Codec codec) { return codec != Codec::g722; };
}

/// What is known of a track before its first unit; null: nothing that a file could begin with.
std::shared_ptr<const Format> known_format(const Track& track) {
    const bool is_planned = track.rendition && track.format->config.empty();
    return is_planned ? nullptr : track.format;
}

}  // namespace

RecordSink::~RecordSink() {
    stop("");
}

Result<> RecordSink::start(SinkHost& host, std::span<const Track> tracks) {
    if (host.archive() == nullptr) return Error{Code::unavailable, "there is no archive to record to"};
    if (settings_.container != Container::fmp4) {
        if (auto installed = MuxPipeline::check_elements(settings_.container); !installed) return installed;
    }
    if (tracks.empty()) return ok();  // update() brings some
    auto archive =
        host.archive()->write(host.path(), [&host](Error error) { host.failed(std::move(error)); });
    if (!archive) return archive.error();
    archive_ = *std::move(archive);
    host_ = &host;
    writer_ = make_writer();

    // The picture leads.
    std::vector<Track> ordered = with_playable_sound(host, tracks, played_from(settings_.container));
    std::stable_partition(ordered.begin(), ordered.end(),
                          [](const Track& track) { return track.format->kind == Kind::video; });
    std::vector<std::shared_ptr<const Format>> formats;
    std::string codecs;
    for (const Track& track : ordered) {
        formats.push_back(known_format(track));
        codecs += fmt::format("{}{}", codecs.empty() ? "" : ", ", to_string(track.format->codec));
    }
    cutter_ = std::make_unique<Cutter>(
        Cutter::Settings{settings_.part_duration, settings_.segment_duration, settings_.part_max_bytes},
        std::move(formats), *writer_,
        [&host](const Error& error) { host.log().warning("left out: {}", error.message); });
    for (std::size_t at = 0; at < ordered.size(); ++at) {
        if (ordered[at].rendition && host.since()) {
            Track own = ordered[at];
            own.rendition.reset();
            past_[at].link = link(own);
        }
        links_.push_back(link(ordered[at]));
    }
    began_ = running_time();
    host.log().info("recording {} {} ({})", ordered.size(), ordered.size() == 1 ? "track" : "tracks", codecs);
    drain();
    return ok();
}

std::unique_ptr<PartWriter> RecordSink::make_writer() {
    if (settings_.container == Container::fmp4) return std::make_unique<Fmp4Writer>(*archive_);
    const MuxPipeline::Settings muxer{settings_.container, settings_.part_duration};
    return std::make_unique<MuxWriter>(muxer, *archive_, host_->loop(), host_->log(),
                                       [host = host_](Error error) { host->failed(std::move(error)); });
}

std::unique_ptr<Link> RecordSink::link(const Track& track) {
    LinkSpec spec;
    spec.since = host_->since();
    spec.stand_in = false;  // no footage of this camera
    spec.max_units = most_units;
    spec.max_bytes = link_bytes(settings_);
    return host_->link(track, std::move(spec));
}

void RecordSink::take_past(std::size_t at) {
    Past& past = past_.at(at);
    while (UnitPtr unit = links_[at]->take())
        past.handover.push_made(std::move(unit));
    while (UnitPtr unit = past.link->take()) {
        if (writer_->can_write(*unit->format)) past.handover.push_own(std::move(unit));
    }
    for (UnitPtr& unit : past.handover.take(at == 0 ? std::nullopt : std::optional(newest_keyframe_)))
        cutter_->push(at, std::move(unit));
    if (past.handover.is_over()) past_.erase(at);
}

void RecordSink::take_units() {
    for (std::size_t track = 0; track < links_.size(); ++track) {
        if (past_.contains(track)) {
            take_past(track);
            continue;
        }
        while (UnitPtr unit = links_[track]->take()) {
            if (track == 0 && unit->keyframe) newest_keyframe_ = unit->dts;
            cutter_->push(track, std::move(unit));
        }
    }
}

/// Sound that is being made begins later than the picture.
bool RecordSink::awaits_sound() const {
    return !cutter_->knows_all_formats() && running_time() - began_ < patience;
}

void RecordSink::drain() {
    take_units();
    if (awaits_sound()) {
        next_ = host_->loop().after(look_interval, [this] { drain(); });
        return;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(cutter_->cut()) + margin;
    next_ = host_->loop().after(wait, [this] { drain(); });
}

void RecordSink::stop(const std::string&) noexcept {
    if (host_ == nullptr) return;
    next_.cancel();
    take_units();
    for (auto& [at, past] : past_) {
        for (UnitPtr& unit : past.handover.take_rest())
            cutter_->push(at, std::move(unit));
    }
    links_.clear();
    past_.clear();
    newest_keyframe_ = Nanoseconds(-1);
    cutter_->flush();
    if (const auto units = cutter_->left_out(); units > 0) {
        host_->log().info(
            "{} units were left out: before the first keyframe, or of a format that files cannot have",
            units);
    }
    cutter_.reset();
    writer_.reset();
    archive_.reset();
    host_ = nullptr;
}

}  // namespace rill::record
