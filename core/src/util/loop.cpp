#include "util/destroy_source.hpp"

#include <rill/callback.hpp>
#include <rill/loop.hpp>

#include <cstdio>
#include <cstdlib>
#include <pthread.h>

namespace rill {

namespace {

using Work = std::function<void()>;

gboolean run_once(gpointer data) {
    (*static_cast<Work*>(data))();
    return G_SOURCE_REMOVE;
}

gboolean run_again(gpointer data) {
    (*static_cast<Work*>(data))();
    return G_SOURCE_CONTINUE;
}

gboolean call_back(GSource*, GSourceFunc function, gpointer data) {
    return function(data);
}

/// GLib's own timeouts count milliseconds in 32 bits: 49.7 days.
Ref<GSource> ready_after(std::chrono::microseconds delay) {
    static GSourceFuncs functions{nullptr, nullptr, call_back, nullptr, nullptr, nullptr};
    auto source = Ref<GSource>::adopt(g_source_new(&functions, sizeof(GSource)));
    g_source_set_ready_time(source.get(), g_get_monotonic_time() + delay.count());
    return source;
}

Ref<GSource> attach(Ref<GSource> source, GSourceFunc function, Work work, GMainContext* context) {
    g_source_set_callback(source.get(), function, keep(std::move(work)), drop<Work>);
    g_source_attach(source.get(), context);
    return source;
}

}  // namespace

Timer& Timer::operator=(Timer&& other) noexcept {
    cancel();
    source_ = std::move(other.source_);
    return *this;
}

void Timer::cancel() {
    if (source_) destroy_source(source_.get());
    source_.reset();
}

bool Timer::active() const {
    return source_ && g_source_is_destroyed(source_.get()) == FALSE;
}

Loop::Loop(const std::string& name)
    : context_(Ref<GMainContext>::adopt(g_main_context_new())),
      main_loop_(Ref<GMainLoop>::adopt(g_main_loop_new(context_.get(), FALSE))),
      thread_([context = context_, main_loop = main_loop_, name] {
          pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
          g_main_context_push_thread_default(context.get());
          g_main_loop_run(main_loop.get());
          g_main_context_pop_thread_default(context.get());
      }) {}

Loop::Loop(Ref<GMainContext> context) : context_(std::move(context)) {}

Loop::~Loop() {
    if (!thread_.joinable()) return;
    // Posted like everything else, so what was posted before still runs.
    post([main_loop = main_loop_] { g_main_loop_quit(main_loop.get()); });
    thread_.join();
}

void Loop::post(Work work) {
    // Idle sources have a low priority by default, and would starve behind busy sockets.
    auto source = Ref<GSource>::adopt(g_idle_source_new());
    g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
    attach(std::move(source), run_once, std::move(work), context_.get());
}

Timer Loop::after(std::chrono::milliseconds delay, Work work) {
    return Timer(attach(ready_after(delay), run_once, std::move(work), context_.get()));
}

Timer Loop::every(std::chrono::milliseconds interval, Work work) {
    auto source = Ref<GSource>::adopt(g_timeout_source_new(static_cast<guint>(interval.count())));
    return Timer(attach(std::move(source), run_again, std::move(work), context_.get()));
}

bool Loop::is_owner() const {
    return thread_.joinable() ? thread_.get_id() == std::this_thread::get_id()
                              : g_main_context_is_owner(context_.get()) != FALSE;
}

void Loop::assert_owner() const {
    if (is_owner()) return;
    std::fputs("rill: called on a thread that does not own the object\n", stderr);
    std::abort();
}

}  // namespace rill
