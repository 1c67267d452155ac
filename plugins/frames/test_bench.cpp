#include "test_bench.hpp"

#include "await.hpp"

#include <rill/clock.hpp>

#include <map>

namespace rill::frames::testing {

void Collector::deliver(const PicturePtr& picture) {
    const std::lock_guard lock(mutex_);
    pictures_.push_back(picture);
}

void Collector::tick() {
    const std::lock_guard lock(mutex_);
    ++ticks_;
}

void Collector::close(const Error& reason) {
    const std::lock_guard lock(mutex_);
    reason_ = reason.message;
}

std::vector<PicturePtr> Collector::pictures() const {
    const std::lock_guard lock(mutex_);
    return pictures_;
}

std::string Collector::reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
}

unsigned Collector::ticks() const {
    const std::lock_guard lock(mutex_);
    return ticks_;
}

const test::EncodedStream& stream(const std::string& name) {
    static std::map<std::string, test::EncodedStream> streams;
    if (const auto found = streams.find(name); found != streams.end()) return found->second;
    const std::string source =
        "videotestsrc pattern=ball num-buffers=75 ! video/x-raw,width=320,height=240,framerate=25/1 ! ";
    std::string pipeline = source +
                           "x264enc key-int-max=25 bframes=0 tune=zerolatency ! h264parse ! "
                           "video/x-h264,stream-format=avc,alignment=au";
    if (name == "h265")
        pipeline = source +
                   "x265enc key-int-max=25 tune=zerolatency log-level=error ! h265parse ! "
                   "video/x-h265,stream-format=hvc1,alignment=au";
    if (name == "sound")
        pipeline =
            "audiotestsrc num-buffers=50 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! mulawenc";
    return streams.emplace(name, test::encode(pipeline)).first->second;
}

namespace {

const SinkFactory factory{
    .id = "frames", .summary = "test", .enabled = true, .options = {}, .routes = {}, .create = nullptr};

}  // namespace

Bench::Bench(Settings settings, const std::string& camera)
    : stream_(std::make_shared<Stream>(GopCache::Bounds{std::chrono::seconds(10), 16u << 20})),
      renditions_({.log = Log("path bench"),
                   .source = stream_,
                   .loop = &loop_,
                   .limit = std::make_shared<TranscodeLimit>(0)}) {
    auto sink = std::make_unique<FramesSink>(settings, nullptr);
    sink_ = sink.get();
    counters_ = sink->counters();
    runner_ = std::make_shared<SinkRunner>(SinkRunner::Given{.path = "bench",
                                                             .factory = &factory,
                                                             .sink = std::move(sink),
                                                             .enabled = true,
                                                             .stream = stream_,
                                                             .renditions = &renditions_,
                                                             .loop = &loop_,
                                                             .archive = &archive_,
                                                             .request_keyframe = [](std::size_t) {},
                                                             .status_changed = [] {},
                                                             .switched_off = [] {}});
    become(camera);
}

Bench::~Bench() {
    stop();
    run([this] {
        runner_.reset();
        return true;
    });
}

void Bench::become(const std::string& camera) {
    recording_ = &stream(camera);
    if (source_ != 0) stream_->end_source();
    source_ = stream_->begin_source();
    track_ = stream_->claim(source_, recording_->format->kind);
    next_ = 0;
    base_ = running_time();
    push(1);
    tell();
    settle();
}

void Bench::push(int units, bool damaged) {
    const Nanoseconds start = recording_->units.front()->dts;
    for (int i = 0; i < units; ++i) {
        const AccessUnit& unit = *recording_->units[next_];
        RawUnit raw;
        raw.format = unit.format;
        raw.buffer = Ref<GstBuffer>::adopt(gst_buffer_copy_deep(unit.buffer.get()));
        if (damaged) gst_buffer_memset(raw.buffer.get(), 5, 0x55, gst_buffer_get_size(raw.buffer.get()) - 5);
        raw.pts = base_ + unit.pts - start;
        raw.dts = base_ + unit.dts - start;
        raw.duration = unit.duration;
        raw.keyframe = unit.keyframe;
        const bool taken = stream_->push(source_, track_, std::move(raw));
        CHECK(taken);
        if (++next_ < recording_->units.size()) continue;
        next_ = 0;
        base_ += recording_->end - start;
    }
}

void Bench::push_until(const std::function<bool()>& condition) {
    REQUIRE(test::await([&] {
        push(1);
        return condition();
    }));
}

void Bench::tell() {
    loop_.post([this] { runner_->tracks(stream_->tracks()); });
}

void Bench::stop() {
    run([this] {
        runner_->stop("stopped by the test");
        return true;
    });
}

void Bench::settle() {
    run([] { return true; });
}

Result<std::unique_ptr<Attachment>> Bench::attach(const Wanted& wanted,
                                                  std::shared_ptr<Subscriber> subscriber,
                                                  FramesSink::Stay stay) {
    return run([&] { return sink_->attach(wanted, subscriber, stay, nullptr); });
}

}  // namespace rill::frames::testing
