#include "sink_bench.hpp"

#include "catch.hpp"
#include "census.hpp"
#include "recorded.hpp"

#include <rill/clock.hpp>

#include <future>

namespace rill::test {

SinkBench::SinkBench(const SinkFactory& factory, std::unique_ptr<Sink> sink)
    : stream_(std::make_shared<Stream>(GopCache::Bounds{std::chrono::seconds(10), 16u << 20})),
      renditions_({.log = Log("path bench"),
                   .source = stream_,
                   .loop = &loop_,
                   .limit = std::make_shared<TranscodeLimit>(4)}),
      runner_(std::make_shared<SinkRunner>(SinkRunner::Given{.path = "bench",
                                                             .factory = &factory,
                                                             .sink = std::move(sink),
                                                             .enabled = true,
                                                             .stream = stream_,
                                                             .renditions = &renditions_,
                                                             .loop = &loop_,
                                                             .archive = &archive_,
                                                             .request_keyframe = [](std::size_t) {},
                                                             .status_changed = [] {},
                                                             .switched_off = [] {}})) {}

SinkBench::~SinkBench() {
    run([this] {
        runner_->stop("the test is over");
        runner_.reset();
        renditions_.clear();
    });
}

/// False: it did not end in time.
bool SinkBench::run(const std::function<void()>& work) {
    const auto done = std::make_shared<std::promise<void>>();
    loop_.post([work, done] {
        work();
        done->set_value();
    });
    return done->get_future().wait_for(patience()) == std::future_status::ready;
}

void SinkBench::source(const std::vector<Codec>& codecs) {
    source_ = stream_->begin_source();
    feeds_.clear();
    for (const Codec codec : codecs) {
        const EncodedStream& stream = recording(codec);
        feeds_.push_back({&stream, stream_->claim(source_, stream.format->kind), 0, running_time()});
    }
    push(1);
}

void SinkBench::push(int units) {
    for (int i = 0; i < units; ++i) {
        for (Feed& feed : feeds_) {
            const auto& all = feed.recording->units;
            const AccessUnit& unit = *all[feed.next];
            const Nanoseconds start = all.front()->dts;
            RawUnit raw;
            raw.format = unit.format;
            raw.buffer = Ref<GstBuffer>::adopt(gst_buffer_copy(unit.buffer.get()));
            raw.pts = feed.base + unit.pts - start;
            raw.dts = feed.base + unit.dts - start;
            raw.duration = unit.duration;
            raw.keyframe = unit.keyframe;
            const bool taken = stream_->push(source_, feed.track, std::move(raw));
            CHECK(taken);
            if (++feed.next < all.size()) continue;
            feed.next = 0;
            feed.base += feed.recording->end - start;
        }
    }
}

void SinkBench::tell() {
    loop_.post([this] { runner_->tracks(stream_->tracks()); });
}

void SinkBench::stop() {
    loop_.post([this] { runner_->stop("stopped by the test"); });
}

void SinkBench::fail() {
    runner_->failed({Code::internal, "failed by the test"});
}

void SinkBench::settle() {
    REQUIRE(run([] {}));
}

void SinkBench::rest() {
    stop();
    settle();
    stream_->end_source();
    feeds_.clear();
}

SinkStatus SinkBench::status() {
    SinkStatus out;
    REQUIRE(run([&] { out = runner_->status(); }));
    return out;
}

}  // namespace rill::test
