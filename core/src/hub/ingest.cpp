#include "ingest.hpp"

#include <algorithm>

namespace rill {

Ingest::Ingest(std::shared_ptr<Stream> stream, Loop& loop, Log log, Source& source, Events events,
               Filler filler)
    : stream_(std::move(stream)),
      loop_(loop),
      log_(std::move(log)),
      source_(source),
      events_(std::move(events)),
      filler_(filler) {}

Ingest::~Ingest() = default;

Result<> Ingest::start() {
    auto bin = source_.build();
    if (!bin) return bin.error();
    bin_ = std::move(*bin);
    generation_ = stream_->begin_source(filler_);
    pipeline_ =
        std::make_unique<Pipeline>("ingest", loop_, [this](GstMessage* message) { on_message(message); });
    pipeline_->add(bin_);

    // Signals run on streaming threads; the pipeline is gone before this object is (close()).
    g_signal_connect(bin_.get(), "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer self) {
                         // Stopped while its pads appear: their caps are gone already, and nothing is wrong.
                         if (!GST_PAD_IS_FLUSHING(pad)) static_cast<Ingest*>(self)->add_pad(pad);
                     }),
                     this);
    g_signal_connect(bin_.get(), "no-more-pads", G_CALLBACK(+[](GstElement*, gpointer data) {
                         auto* self = static_cast<Ingest*>(data);
                         {
                             const std::lock_guard lock(self->mutex_);
                             self->no_more_pads_ = true;
                         }
                         self->post_tracks_changed();
                     }),
                     this);
    bool any_static = false;
    const auto each = [](GstElement*, GstPad* pad, gpointer data) -> gboolean {
        auto [self, any] = *static_cast<std::pair<Ingest*, bool*>*>(data);
        *any = true;
        self->add_pad(pad);
        return TRUE;
    };
    std::pair<Ingest*, bool*> context{this, &any_static};
    gst_element_foreach_src_pad(bin_.get(), each, &context);
    if (any_static) {
        const std::lock_guard lock(mutex_);
        no_more_pads_ = true;
    }
    if (!pipeline_->play()) log_.debug("the source's pipeline refused to play");
    return ok();
}

void Ingest::add_pad(GstPad* pad) {
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
    auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
    if (!caps) caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
    const auto rule = parse_rule(caps.get());
    Result<> attached = ok();
    if (rule) {
        const std::size_t track = stream_->claim(generation_, rule->kind);
        const auto branch = std::make_shared<IngestBranch>(stream_, generation_, track, log_,
                                                           [this] { post_tracks_changed(); });
        {
            // Before its first unit, which may come on another thread while this one still attaches it.
            const std::lock_guard lock(mutex_);
            branches_.push_back(branch);
        }
        attached = branch->attach(*pipeline_, pad, *rule);
        if (!attached) {
            const std::lock_guard lock(mutex_);
            std::erase(branches_, branch);
        }
    } else {
        const Owned<char> text(gst_caps_to_string(caps.get()));
        attached = Error{Code::not_acceptable, fmt::format("unsupported media {}", text.get())};
    }
    if (attached) return;
    log_.warning("a track is skipped: {}", attached.error().message);
    // Data with nowhere to go would end the whole source with not-linked.
    if (GstElement* drain = pipeline_->make("fakesink")) {
        g_object_set(drain, "async", FALSE, "sync", FALSE, nullptr);
        sync_with_parent(drain);
        const auto sink = Ref<GstPad>::adopt(gst_element_get_static_pad(drain, "sink"));
        gst_pad_link(pad, sink.get());
    }
    post_tracks_changed();  // the others may have waited for this one
}

void Ingest::post_tracks_changed() {
    loop_.post([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && !self->failed_) self->events_.tracks_changed();
    });
}

void Ingest::on_message(GstMessage* message) {
    if (failed_) return;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
        log_.debug("{}", source_.explain(message).message);
        return;
    }
    failed_ = true;
    const Error error = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS
                            ? Error{Code::unavailable, "the source ended the stream"}
                            : source_.explain(message);
    const auto keep = shared_from_this();
    events_.failed(error);
}

void Ingest::close(std::function<void()> gone) {
    failed_ = true;
    stream_->end_source(generation_);
    if (!pipeline_) {
        loop_.post(std::move(gone));
        return;
    }
    // The callbacks of appsinks and signals point here: stay until no streaming thread is left.
    pipeline_->dispose([keep = shared_from_this(), gone = std::move(gone)] { gone(); });
}

bool Ingest::complete() const {
    const std::lock_guard lock(mutex_);
    return no_more_pads_ && !branches_.empty() &&
           std::all_of(branches_.begin(), branches_.end(),
                       [](const auto& branch) { return branch->filled(); });
}

bool Ingest::has_units() const {
    const std::lock_guard lock(mutex_);
    return std::any_of(branches_.begin(), branches_.end(),
                       [](const auto& branch) { return branch->filled(); });
}

void Ingest::request_keyframe(std::size_t track) {
    std::vector<std::shared_ptr<IngestBranch>> asked;
    {
        const std::lock_guard lock(mutex_);
        asked = branches_;
    }
    // Without the lock: the event goes up into the source, which may add a pad meanwhile.
    for (const auto& branch : asked) {
        if (branch->track() == track) branch->request_keyframe();
    }
}

}  // namespace rill
