// Takes the tracks of one path to the archive.
#pragma once

#include "cutter.hpp"
#include "handover.hpp"
#include "settings.hpp"

#include <rill/sink.hpp>

#include <map>
#include <memory>
#include <vector>

namespace rill::record {

/// The links are drained when a part should be complete, not with each unit: one wake-up a part.
class RecordSink final : public Sink {
  public:
    explicit RecordSink(Settings settings) : settings_(std::move(settings)) {}
    ~RecordSink() override;

    Result<> start(SinkHost& host, std::span<const Track> tracks) override;
    void stop(const std::string& reason) noexcept override;
    History history() const override { return settings_.pre_roll; }

  private:
    std::unique_ptr<PartWriter> make_writer();
    std::unique_ptr<Link> link(const Track& track);
    void take_past(std::size_t at);
    void drain();
    void take_units();
    bool awaits_sound() const;

    struct Past {
        std::unique_ptr<Link> link;  ///< to the camera's own sound
        Handover handover;
    };

    const Settings settings_;
    // While started.
    SinkHost* host_ = nullptr;
    std::unique_ptr<ArchiveWriter> archive_;
    std::unique_ptr<PartWriter> writer_;
    std::unique_ptr<Cutter> cutter_;
    std::vector<std::unique_ptr<Link>> links_;  // as the cutter's tracks
    std::map<std::size_t, Past> past_;          // by track, until its handover is over
    Nanoseconds newest_keyframe_{-1};           // dts, of the leading track
    Nanoseconds began_{0};
    Timer next_;
};

}  // namespace rill::record
