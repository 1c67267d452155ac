#include "event_source.hpp"

#include "guarded.hpp"

namespace rill::http {

EventSource::EventSource(GMainContext* context, std::function<void()> callback)
    : callback_(std::move(callback)) {
    static GSourceFuncs functions = {nullptr, nullptr, dispatch, nullptr, nullptr, nullptr};
    source_ = Ref<GSource>::adopt(g_source_new(&functions, sizeof(GSource)));
    g_source_set_static_name(source_.get(), "rill http");
    g_source_set_callback(source_.get(), call, this, nullptr);
    g_source_attach(source_.get(), context);
}

EventSource::~EventSource() {
    g_source_destroy(source_.get());
}

void EventSource::watch(int fd) {
    g_source_add_unix_fd(source_.get(), fd, G_IO_IN);
}

void EventSource::due_at(std::int64_t time_us) {
    g_source_set_ready_time(source_.get(), time_us);
}

gboolean EventSource::dispatch(GSource*, GSourceFunc callback, gpointer data) {
    return callback(data);
}

gboolean EventSource::call(gpointer self) {
    guarded("event", static_cast<EventSource*>(self)->callback_);
    return G_SOURCE_CONTINUE;
}

}  // namespace rill::http
