#include "sink_bench.hpp"

#include "catch.hpp"
#include "recorded.hpp"

namespace rill::test {

void SinkBench::source(const std::vector<Codec>& codecs) {
    source_ = site_.stream().begin_source();
    feeds_.clear();
    for (const Codec codec : codecs) {
        const EncodedStream& stream = recording(codec);
        feeds_.push_back({RepeatedStream(stream), site_.stream().claim(source_, stream.format->kind)});
    }
    push(1);
}

void SinkBench::push(int units) {
    for (int i = 0; i < units; ++i) {
        for (Feed& feed : feeds_) {
            const bool taken =
                site_.stream().push(source_, feed.track, feed.recording.next()) == Stream::Pushed::taken;
            CHECK(taken);
        }
    }
}

void SinkBench::stop() {
    site_.post([this] { site_.runner().stop("stopped by the test"); });
}

void SinkBench::fail() {
    site_.runner().failed({Code::internal, "failed by the test"});
}

void SinkBench::settle() {
    REQUIRE(site_.run([] {}));
}

void SinkBench::rest() {
    stop();
    settle();
    site_.stream().end();
    feeds_.clear();
}

SinkStatus SinkBench::status() {
    SinkStatus out;
    REQUIRE(site_.run([&] { out = site_.runner().status(); }));
    return out;
}

}  // namespace rill::test
