// Being the thread of a context that nobody runs at the moment.
#pragma once

#include <rill/ref.hpp>

#include <cstdio>
#include <cstdlib>

namespace rill {

/// Makes this thread the owner of a context until it is destroyed, there too: before the main loop begins,
/// and after it has ended (g_main_context_acquire()). Aborts when another thread is the owner.
class Ownership {
  public:
    explicit Ownership(GMainContext* context) : context_(Ref<GMainContext>::retain(context)) {
        if (g_main_context_acquire(context_.get()) != FALSE) return;
        std::fputs("rill: another thread owns the main context\n", stderr);
        std::abort();
    }
    Ownership(const Ownership&) = delete;
    Ownership& operator=(const Ownership&) = delete;
    ~Ownership() { g_main_context_release(context_.get()); }

  private:
    const Ref<GMainContext> context_;
};

}  // namespace rill
