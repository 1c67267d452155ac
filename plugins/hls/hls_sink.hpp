// One path's HLS: makes a presentation when somebody asks for one and ends it when nobody does any more.
#pragma once

#include "counters.hpp"
#include "feed.hpp"
#include "presentation.hpp"
#include "sessions.hpp"

#include <rill/http_cors.hpp>
#include <rill/sink.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rill::hls {

class HlsSink final : public Sink {
  public:
    HlsSink(Settings settings, const Clock& clock);
    ~HlsSink() override;

    Result<> start(SinkHost& host, std::span<const Track> tracks) override;
    Result<> update(SinkHost& host, std::span<const Track> tracks) override;
    void stop(const std::string& reason) noexcept override;
    void serve(SinkCall call) override;
    std::shared_ptr<const SinkCounters> counters() const override { return counters_; }

    /// serve() below the exchange.
    void answer(const http::Request& request, const std::string& rest, ReaderPtr reader, Reply reply);
    /// Once a second while there is a presentation.
    void tick();

  private:
    struct Muxer;  // a presentation, what fills it, and its variants
    Result<> open_muxer();
    void close_muxer(const Error& reason);
    void reopen_muxer(const Error& reason);
    void answer_index(const http::Request& request, ReaderPtr reader, Reply reply);
    void answer_get(const http::Request& request, const std::string& rest, ReaderPtr reader, Reply reply);
    std::string begin_session(const ReaderPtr& reader, Nanoseconds now);

    // Given.
    const Settings settings_;
    const Clock& clock_;
    const http::Cors cors_;
    SinkHost* host_ = nullptr;  // while started
    const std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
    // State.
    std::vector<Track> tracks_;
    std::shared_ptr<SegmentFiles> files_;  // while started; null: segments are kept in memory
    std::unique_ptr<Muxer> muxer_;
    Sessions sessions_;
    Nanoseconds last_request_{0};
    Nanoseconds keyframe_interval_{0};  // the longest that a feed of this path found
    Timer second_;
};

}  // namespace rill::hls
