#include <rill/callback.hpp>
#include <rill/clock.hpp>
#include <rill/pipeline.hpp>

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace rill {

/// Shared with the bus's sync handler, which may still run while the pipeline object goes away.
struct Pipeline::Messages {
    explicit Messages(Loop& loop) : loop(loop) {}
    Loop& loop;
    std::mutex mutex;
    // Locked: mutex. Empty once the pipeline is being disposed.
    std::function<void(GstMessage*)> handler;
};

/// What is left of a pipeline when it is destroyed.
struct Pipeline::Rest {
    Ref<GstElement> pipeline;
    std::vector<Ref<GstElement>> flushed;
    std::function<void()> done;
};

/// Pipelines on their way to NULL. Taking a dead RTSP server down waits for its TEARDOWN, so several go at a
/// time.
class Pipeline::Disposals {
  public:
    Disposals() : pool_(g_thread_pool_new(run, this, max_threads, FALSE, nullptr)) {}

    static Disposals& instance() {
        // Never destroyed: at exit, a thread of the pool may still be on its way out of run().
        static auto& disposals = *std::make_unique<Disposals>().release();
        return disposals;
    }

    /// push() follows.
    void expect() {
        const std::lock_guard lock(mutex_);
        ++running_;
    }

    void push(std::unique_ptr<Rest> rest) { g_thread_pool_push(pool_, rest.release(), nullptr); }

    bool wait(std::chrono::milliseconds timeout) {
        std::unique_lock lock(mutex_);
        return idle_.wait_for(lock, timeout, [this] { return running_ == 0; });
    }

  private:
    static constexpr int max_threads = 32;

    static void run(gpointer data, gpointer self) {
        std::unique_ptr<Rest> rest(static_cast<Rest*>(data));
        for (const auto& source : rest->flushed) {
            const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(source.get(), "src"));
            gst_pad_push_event(pad.get(), gst_event_new_flush_start());
        }
        gst_element_set_state(rest->pipeline.get(), GST_STATE_NULL);
        auto done = std::move(rest->done);
        rest.reset();
        if (done) done();
        done = nullptr;
        auto* disposals = static_cast<Disposals*>(self);
        const std::lock_guard lock(disposals->mutex_);
        if (--disposals->running_ == 0) disposals->idle_.notify_all();
    }

    GThreadPool* pool_;
    std::mutex mutex_;
    std::condition_variable idle_;
    int running_ = 0;  // locked: mutex_
};

Pipeline::Pipeline(const std::string& name, Loop& loop, std::function<void(GstMessage*)> on_message)
    : loop_(loop),
      pipeline_(Ref<GstElement>::sink(gst_pipeline_new(name.c_str()))),
      rest_(new Rest{pipeline_, {}, nullptr},
            [](Rest* rest) { Disposals::instance().push(std::unique_ptr<Rest>(rest)); }),
      messages_(std::make_shared<Messages>(loop)) {
    messages_->handler = std::move(on_message);
    auto* pipeline = GST_PIPELINE(pipeline_.get());
    gst_pipeline_use_clock(pipeline, pipeline_clock());
    gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline_.get(), pipeline_base_time());

    const auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(pipeline));
    using Shared = std::shared_ptr<Messages>;
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer data) -> GstBusSyncReply {
            // Compared, not masked: the numbers of extended types (GST_MESSAGE_STREAM_COLLECTION) share these
            // bits.
            const auto type = GST_MESSAGE_TYPE(message);
            if (type == GST_MESSAGE_ERROR || type == GST_MESSAGE_WARNING || type == GST_MESSAGE_EOS) {
                const Shared messages = *static_cast<Shared*>(data);
                const std::lock_guard lock(messages->mutex);
                if (messages->handler) {
                    messages->loop.post([messages, held = Ref<GstMessage>::retain(message)] {
                        std::function<void(GstMessage*)> handler;
                        {
                            const std::lock_guard inner(messages->mutex);
                            handler = messages->handler;
                        }
                        if (handler) handler(held.get());
                    });
                }
            }
            // GST_BUS_DROP leaves the reference to the handler.
            Ref<GstMessage>::adopt(message).reset();
            return GST_BUS_DROP;
        },
        keep(messages_), drop<Shared>);
}

Pipeline::~Pipeline() {
    dispose(nullptr);
}

void Pipeline::add(const Ref<GstElement>& element) {
    gst_bin_add(bin(), element.get());
}

GstElement* Pipeline::make(const char* factory, const char* name) {
    GstElement* element = gst_element_factory_make(factory, name);
    if (element != nullptr) gst_bin_add(bin(), element);
    return element;
}

void Pipeline::flush_when_disposed(GstElement* source) {
    rest_->flushed.push_back(Ref<GstElement>::retain(source));
}

bool Pipeline::play() {
    return gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

void Pipeline::dispose(std::function<void()> done) {
    if (!rest_) return;
    {
        const std::lock_guard lock(messages_->mutex);
        messages_->handler = nullptr;
    }
    if (done) rest_->done = [&loop = loop_, done = std::move(done)] { loop.post(done); };
    Disposals::instance().expect();
    rest_.reset();
}

bool Pipeline::wait_for_disposals(std::chrono::milliseconds timeout) {
    return Disposals::instance().wait(timeout);
}

namespace {

/// The state that an element is in, or on its way to.
GstState heading_of(GstElement* element) {
    GST_OBJECT_LOCK(element);
    const GstState pending = GST_STATE_PENDING(element);
    const GstState current = GST_STATE(element);
    GST_OBJECT_UNLOCK(element);
    return pending != GST_STATE_VOID_PENDING ? pending : current;
}

}  // namespace

std::string error_text(GstMessage* message) {
    Owned<GError> error;
    gst_message_parse_error(message, out(error), nullptr);
    return error ? error->message : "unknown error";
}

void sync_with_parent(GstElement* element) {
    const auto parent = Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(element)));
    if (!parent) return;
    // GStreamer reads the parent's state and then sets the element's: a parent that goes on in between brings
    // the element along, and is undone. So look again: who goes on later than that finds the element.
    do
        gst_element_sync_state_with_parent(element);
    while (GST_STATE_TARGET(element) != heading_of(GST_ELEMENT(parent.get())));
}

}  // namespace rill
