// One GSource that calls one function.
#pragma once

#include <rill/ref.hpp>

#include <cstdint>
#include <functional>

namespace rill::http {

/// Calls back when its time has come, or whenever its file descriptor is readable.
///
/// Threading: made, called back and destroyed on the context's thread; due_at() on any. Exceptions of the
/// callback end in a log line.
class EventSource {
  public:
    static constexpr std::int64_t never = -1;
    static constexpr std::int64_t now = 0;

    EventSource(GMainContext* context, std::function<void()> callback);
    EventSource(const EventSource&) = delete;
    EventSource& operator=(const EventSource&) = delete;
    ~EventSource();

    void watch(int fd);
    /// When to call back, in microseconds of g_get_monotonic_time(). Stays due until set again.
    void due_at(std::int64_t time_us);

  private:
    static gboolean dispatch(GSource* source, GSourceFunc callback, gpointer data);
    static gboolean call(gpointer self);

    Ref<GSource> source_;
    std::function<void()> callback_;
};

}  // namespace rill::http
