#include "record_sink.hpp"

#include "fmp4_writer.hpp"
#include "mux_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::record {

namespace {

/// After the moment at which a part should be complete: its last unit is on its way.
constexpr auto margin = std::chrono::milliseconds(20);
/// A link holds what comes between two looks, and more when the path's loop is late: no loss before that.
constexpr std::size_t most_units = 16384;

std::size_t link_bytes(const Settings& settings) {
    return settings.part_max_bytes + (16u << 20);
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
    auto archive =
        host.archive()->write(host.path(), [&host](Error error) { host.failed(std::move(error)); });
    if (!archive) return archive.error();
    archive_ = *std::move(archive);
    host_ = &host;
    writer_ = make_writer();

    // The picture leads.
    std::vector<Track> ordered(tracks.begin(), tracks.end());
    std::ranges::stable_partition(ordered,
                                  [](const Track& track) { return track.format->kind == Kind::video; });
    std::vector<std::shared_ptr<const Format>> formats;
    std::string codecs;
    for (const Track& track : ordered) {
        formats.push_back(track.format);
        codecs += fmt::format("{}{}", codecs.empty() ? "" : ", ", to_string(track.format->codec));
    }
    cutter_ = std::make_unique<Cutter>(
        Cutter::Settings{settings_.part_duration, settings_.segment_duration, settings_.part_max_bytes},
        std::move(formats), *writer_,
        [&host](const Error& error) { host.log().warning("left out: {}", error.message); });
    for (const Track& track : ordered) {
        LinkSpec spec;
        spec.since = host.since();
        spec.max_units = most_units;
        spec.max_bytes = link_bytes(settings_);
        links_.push_back(host.link(track, std::move(spec)));
    }
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

void RecordSink::take_units() {
    for (std::size_t track = 0; track < links_.size(); ++track) {
        while (UnitPtr unit = links_[track]->take())
            cutter_->push(track, std::move(unit));
    }
}

void RecordSink::drain() {
    take_units();
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(cutter_->cut()) + margin;
    next_ = host_->loop().after(wait, [this] { drain(); });
}

void RecordSink::stop(const std::string&) noexcept {
    if (host_ == nullptr) return;
    next_.cancel();
    take_units();
    links_.clear();
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
