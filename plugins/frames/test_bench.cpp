#include "test_bench.hpp"

#include "await.hpp"

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
    const std::string size = name == "small" ? "width=160,height=120" : "width=320,height=240";
    const std::string source =
        "videotestsrc pattern=ball num-buffers=75 ! video/x-raw," + size + ",framerate=25/1 ! ";
    std::string pipeline = source +
                           "x264enc key-int-max=25 bframes=0 tune=zerolatency ! h264parse ! "
                           "video/x-h264,stream-format=avc,alignment=au";
    if (name == "h265")
        pipeline =
            source +
            "x265enc speed-preset=ultrafast key-int-max=25 tune=zerolatency log-level=error ! h265parse ! "
            "video/x-h265,stream-format=hvc1,alignment=au";
    if (name == "sound")
        pipeline =
            "audiotestsrc num-buffers=50 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! mulawenc";
    return streams.emplace(name, test::encode(pipeline)).first->second;
}

namespace {

const SinkFactory factory{
    .id = "frames", .summary = "test", .enabled = true, .options = {}, .routes = {}, .create = nullptr};

std::unique_ptr<FramesSink> make_sink(Settings settings) {
    return std::make_unique<FramesSink>(settings);
}

}  // namespace

Bench::Bench(Settings settings, const std::string& camera) : Bench(camera, make_sink(settings)) {}

Bench::Bench(const std::string& camera, std::unique_ptr<FramesSink> sink)
    : sink_(sink.get()),
      counters_(std::dynamic_pointer_cast<const Counters>(sink->counters())),
      site_(factory, std::move(sink)) {
    become(camera);
}

void Bench::become(const std::string& camera) {
    const test::EncodedStream& recording = stream(camera);
    if (source_ != 0) site_.stream().end();
    source_ = site_.stream().begin_source();
    track_ = site_.stream().claim(source_, recording.format->kind);
    camera_.emplace(recording);
    push(1);
    site_.tell();
    settle();
}

void Bench::push(int units, const Damage& damage) {
    for (int i = 0; i < units; ++i) {
        RawUnit unit = camera_->next();
        if (damage) {
            unit.buffer = Ref<GstBuffer>::adopt(gst_buffer_copy_deep(unit.buffer.get()));
            damage(unit.buffer.get());
        }
        const bool taken = site_.stream().push(source_, track_, std::move(unit)) == Stream::Pushed::taken;
        CHECK(taken);
    }
}

void Bench::push_until(const std::function<bool()>& condition) {
    REQUIRE(test::await([&] {
        push(1);
        return condition();
    }));
}

void Bench::stop() {
    REQUIRE(site_.run([this] { site_.runner().stop("stopped by the test"); }));
}

SinkStatus Bench::status() {
    SinkStatus out;
    REQUIRE(site_.run([&] { out = site_.runner().status(); }));
    return out;
}

void Bench::settle() {
    REQUIRE(site_.run([] {}));
}

Result<std::unique_ptr<Attachment>> Bench::attach(const Wanted& wanted,
                                                  std::shared_ptr<Subscriber> subscriber,
                                                  FramesSink::Stay stay) {
    Result<std::unique_ptr<Attachment>> attached = nullptr;
    REQUIRE(site_.run([&] { attached = sink_->attach(wanted, subscriber, stay, nullptr); }));
    return attached;
}

}  // namespace rill::frames::testing
