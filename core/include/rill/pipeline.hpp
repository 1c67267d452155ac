// The one place that changes the state of GStreamer pipelines.
#pragma once

#include <rill/loop.hpp>
#include <rill/ref.hpp>

#include <functional>
#include <memory>
#include <string>

namespace rill {

/// A pipeline on the process's clock and base time (rill/clock.hpp), so that running times compare between
/// pipelines.
///
/// Messages: errors, warnings and end-of-stream arrive on the loop, in order; all others are dropped at once
/// (an undelivered message would keep its elements alive).
///
/// Threading: made and used on the loop; the destructor may run on any thread. Destroying it takes the
/// pipeline to NULL on a worker thread and returns at once; no message is delivered any more.
class Pipeline {
  public:
    Pipeline(const std::string& name, Loop& loop, std::function<void(GstMessage*)> on_message);
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    ~Pipeline();

    GstBin* bin() const { return GST_BIN(pipeline_.get()); }
    /// Adds an element of our own (takes a reference).
    void add(const Ref<GstElement>& element);
    /// Makes and adds an element. Null when the factory is not installed.
    GstElement* make(const char* factory, const char* name = nullptr);

    /// Lets this source (with a pad "src") flush on the way to NULL, before any state changes. For pipelines
    /// with elements that wait for what never comes again: splitmuxsink (1.22 to 1.28) forgets in
    /// start_next_fragment() that it was stopped, and its thread is never joined; only flushing pads let that
    /// thread go.
    void flush_when_disposed(GstElement* source);

    /// Whoever holds it keeps the pipeline from its way to NULL. For what elements do on threads of their own
    /// when they take in others: GStreamer reads the pipeline's state and then gives it to the new one, and a
    /// change in between would be undone. Null once it is disposed.
    std::shared_ptr<void> hold() const { return rest_; }

    /// To PLAYING, on the calling thread. False: an element refused at once; the reason follows as a message.
    bool play();
    /// Ends it as the destructor does, and calls `done` on the loop when NULL is reached and every element is
    /// gone.
    void dispose(std::function<void()> done);

    /// Waits until no pipeline of the process is on its way to NULL. For the end of main() and of tests;
    /// false after `timeout`.
    static bool wait_for_disposals(std::chrono::milliseconds timeout);

  private:
    struct Messages;
    struct Rest;
    class Disposals;
    Loop& loop_;
    Ref<GstElement> pipeline_;
    std::shared_ptr<Rest> rest_;  // its last holder disposes of the pipeline
    std::shared_ptr<Messages> messages_;
};

/// What an error message says, without the element's name.
std::string error_text(GstMessage* message);

/// Brings an element that was added to a playing pipeline to the pipeline's state. For streaming-thread
/// callbacks such as pad-added.
void sync_with_parent(GstElement* element);

}  // namespace rill
