#include "fakes.hpp"

#include <array>
#include <utility>

namespace rill::test {

class FakeSource final : public Source {
  public:
    explicit FakeSource(std::shared_ptr<FakeCamera> camera) : camera_(std::move(camera)) {}

    Result<Ref<GstElement>> build() override {
        ++camera_->builds_;
        const std::lock_guard lock(camera_->mutex_);
        if (camera_->refusal_) return *camera_->refusal_;
        auto bin = Ref<GstElement>::sink(
            gst_parse_bin_from_description("audiotestsrc is-live=true samplesperbuffer=160 ! "
                                           "audio/x-raw,rate=8000,channels=1 ! mulawenc name=last",
                                           FALSE, nullptr));
        const auto last = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "last"));
        const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(last.get(), "src"));
        gst_pad_add_probe(
            pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
            [](GstPad*, GstPadProbeInfo*, gpointer camera) {
                return static_cast<FakeCamera*>(camera)->silent_ ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
            },
            camera_.get(), nullptr);
        gst_element_add_pad(bin.get(), gst_ghost_pad_new("src", pad.get()));
        ++camera_->alive_;
        g_object_weak_ref(
            G_OBJECT(bin.get()),
            [](gpointer camera, GObject*) { --static_cast<FakeCamera*>(camera)->alive_; }, camera_.get());
        g_weak_ref_set(&camera_->bin_, bin.get());
        return bin;
    }

    void tick() override { ++camera_->ticks_; }

  private:
    std::shared_ptr<FakeCamera> camera_;
};

FakeCamera::FakeCamera() {
    g_weak_ref_init(&bin_, nullptr);
}

FakeCamera::~FakeCamera() {
    g_weak_ref_clear(&bin_);
}

std::shared_ptr<FakeCamera> FakeCamera::named(const std::string& name) {
    // Never freed: bins may outlive their test by a moment.
    static std::map<std::string, std::shared_ptr<FakeCamera>> cameras;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    auto& camera = cameras[name];
    if (!camera) camera = std::make_shared<FakeCamera>();
    return camera;
}

const SourceFactory& FakeCamera::factory() {
    static constexpr std::array<std::string_view, 1> schemes{"fake"};
    static const SourceFactory factory{
        .id = "fake",
        .summary = "",
        .schemes = schemes,
        .options = {},
        .create = [](const SourceContext& context) -> Result<std::unique_ptr<Source>> {
            return std::unique_ptr<Source>(new FakeSource(FakeCamera::named(context.url)));
        }};
    return factory;
}

void FakeCamera::refuse(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(error);
}

Ref<GstElement> FakeCamera::bin() {
    const std::lock_guard lock(mutex_);
    return Ref<GstElement>::adopt(static_cast<GstElement*>(g_weak_ref_get(&bin_)));
}

void FakeCamera::break_down(const std::string& text) {
    if (const auto running = bin())
        GST_ELEMENT_ERROR(running.get(), RESOURCE, FAILED, ("%s", text.c_str()), (nullptr));
}

void FakeCamera::end() {
    if (const auto running = bin()) gst_element_send_event(running.get(), gst_event_new_eos());
}

void FakeCamera::announce_streams() {
    const auto running = bin();
    if (!running) return;
    const auto streams = Ref<GstStreamCollection>::adopt(gst_stream_collection_new(nullptr));
    gst_element_post_message(running.get(),
                             gst_message_new_stream_collection(GST_OBJECT(running.get()), streams.get()));
}

namespace {

std::vector<FakeSink*>& newest_sinks() {
    static std::vector<FakeSink*> sinks;
    return sinks;
}

}  // namespace

std::vector<FakeSink*> FakeSink::made() {
    return std::exchange(newest_sinks(), {});
}

const SinkFactory& FakeSink::factory() {
    static const SinkFactory factory{.id = "fakesink",
                                     .summary = "",
                                     .enabled = true,
                                     .options = {},
                                     .routes = {},
                                     .create = [](const Options&) -> Result<std::unique_ptr<Sink>> {
                                         auto sink = std::make_unique<FakeSink>();
                                         newest_sinks().push_back(sink.get());
                                         return std::unique_ptr<Sink>(std::move(sink));
                                     }};
    return factory;
}

Result<> FakeSink::start(SinkHost& host, std::span<const Track> tracks) {
    host_ = &host;
    ++starts;
    if (refuse_) return Error{Code::unavailable, "refused by the test"};
    for (const Track& track : tracks) {
        LinkSpec spec;
        spec.start = StartAt::live;
        links_.push_back(
            host.subscribe(track, std::move(spec), [this, index = track.index](const UnitPtr& unit) {
                ++units;
                if (unit->discontinuity) ++discontinuities;
                if (last_.contains(index) && unit->dts <= last_[index]) ++backwards;
                last_[index] = unit->dts;
            }));
    }
    return ok();
}

void FakeSink::stop(const std::string&) noexcept {
    ++stops;
    links_.clear();
}

}  // namespace rill::test
