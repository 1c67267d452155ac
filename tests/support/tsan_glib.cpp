// Linked into every program of a ThreadSanitizer build.
//
// GLib and GStreamer are not instrumented, and GLib's mutexes, conditions and reference counts are futexes
// and atomics of its own, which ThreadSanitizer cannot see: every hand-over through them would look like a
// race. These functions stand before GLib's own, call them, and tell ThreadSanitizer which order they give:
// what happened before an unlock, an attach or an unref happened before the lock, the dispatch or the last
// unref that follows it. No access is hidden, so a hand-over without any of them is still reported.
//
// Recursive mutexes are replaced: GLib makes each inside itself, where ThreadSanitizer is not told that it is
// recursive, and would take every second lock for a mistake. Read-write locks and threads are pthread's.
// Calls inside one library do not come by here, hence contexts and pools are told of where work enters and
// leaves them.
#include <gst/gst.h>

#include <atomic>
#include <dlfcn.h>
#include <memory>
#include <mutex>

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): of the sanitizer's interface
void __tsan_acquire(void* address);
void __tsan_release(void* address);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace {

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// What an atomic read-modify-write does: after all that came before it on the object, before all that follow.
void meet(gpointer object) {
    __tsan_acquire(object);
    __tsan_release(object);
}

/// A callback of a source. GLib asks for it in the thread that dispatches, and puts it down afterwards.
class Callback {
  public:
    Callback(GSourceFunc function, gpointer data, GDestroyNotify notify)
        : function_(function), data_(data), notify_(notify) {}
    ~Callback() {
        if (notify_ != nullptr) notify_(data_);
    }

    static void ref(gpointer self) { g_atomic_ref_count_inc(&static_cast<Callback*>(self)->count_); }

    static void unref(gpointer self) {
        auto* callback = static_cast<Callback*>(self);
        meet(self);
        if (callback->source_ != nullptr) __tsan_release(callback->source_);
        if (g_atomic_ref_count_dec(&callback->count_) != FALSE) {
            __tsan_acquire(self);
            std::unique_ptr<Callback>(callback).reset();
        }
    }

    static void get(gpointer self, GSource* source, GSourceFunc* function, gpointer* data) {
        auto* callback = static_cast<Callback*>(self);
        __tsan_acquire(source);
        callback->source_ = source;
        *function = callback->function_;
        *data = callback->data_;
    }

  private:
    GSourceFunc function_;
    gpointer data_;
    GDestroyNotify notify_;
    GSource* source_ = nullptr;
    gatomicrefcount count_ = 1;
};

GSourceCallbackFuncs callback_functions = {Callback::ref, Callback::unref, Callback::get};

/// The function of a thread pool; lives as long as the process, like most pools.
struct PoolFunction {
    GFunc function;
    gpointer user_data;

    static void run(gpointer job, gpointer self) {
        __tsan_acquire(job);
        const auto* pool = static_cast<PoolFunction*>(self);
        pool->function(job, pool->user_data);
    }
};

/// A function that GLib hands to a context by itself.
struct Invocation {
    GSourceFunc function;
    gpointer data;
    GDestroyNotify notify;

    static gboolean run(gpointer self) {
        __tsan_acquire(self);
        const auto* invocation = static_cast<Invocation*>(self);
        const gboolean again = invocation->function(invocation->data);
        __tsan_release(self);
        return again;
    }

    static void destroy(gpointer self) {
        __tsan_acquire(self);
        const std::unique_ptr<Invocation> invocation(static_cast<Invocation*>(self));
        if (invocation->notify != nullptr) invocation->notify(invocation->data);
    }

    static Invocation* make(GSourceFunc function, gpointer data, GDestroyNotify notify) {
        auto invocation = std::make_unique<Invocation>(Invocation{function, data, notify});
        __tsan_release(invocation.get());
        return invocation.release();
    }
};

// Made at the first lock, like GLib's own: a static GRecMutex is all zeros.
std::recursive_mutex& recursive(GRecMutex* mutex) {
    const std::atomic_ref<gpointer> slot(mutex->p);
    gpointer known = slot.load();
    if (known == nullptr) {
        auto made = std::make_unique<std::recursive_mutex>();
        if (slot.compare_exchange_strong(known, made.get())) known = made.release();
    }
    return *static_cast<std::recursive_mutex*>(known);
}

}  // namespace

#define REAL(name) static auto* const real = next<decltype(name)>(#name)

extern "C" {

// Mutexes and conditions.

void g_mutex_lock(GMutex* mutex) {
    REAL(g_mutex_lock);
    real(mutex);
    __tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex* mutex) {
    REAL(g_mutex_trylock);
    const gboolean locked = real(mutex);
    if (locked != FALSE) __tsan_acquire(mutex);
    return locked;
}

void g_mutex_unlock(GMutex* mutex) {
    REAL(g_mutex_unlock);
    __tsan_release(mutex);
    real(mutex);
}

void g_cond_wait(GCond* condition, GMutex* mutex) {
    REAL(g_cond_wait);
    __tsan_release(mutex);
    real(condition, mutex);
    __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond* condition, GMutex* mutex, gint64 end) {
    REAL(g_cond_wait_until);
    __tsan_release(mutex);
    const gboolean signalled = real(condition, mutex, end);
    __tsan_acquire(mutex);
    return signalled;
}

void g_rec_mutex_init(GRecMutex* mutex) {
    mutex->p = nullptr;
}

void g_rec_mutex_clear(GRecMutex* mutex) {
    const std::unique_ptr<std::recursive_mutex> gone(static_cast<std::recursive_mutex*>(mutex->p));
}

void g_rec_mutex_lock(GRecMutex* mutex) {
    recursive(mutex).lock();
}

gboolean g_rec_mutex_trylock(GRecMutex* mutex) {
    return recursive(mutex).try_lock() ? TRUE : FALSE;
}

void g_rec_mutex_unlock(GRecMutex* mutex) {
    recursive(mutex).unlock();
}

// The macro reads the location atomically where it is used; the value is written inside GLib.
void(g_once_init_leave)(volatile void* location, gsize result) {
    static auto* const real = next<void(volatile void*, gsize)>("g_once_init_leave");
    __tsan_release(const_cast<void*>(location));
    real(location, result);
}

gboolean(g_once_init_enter)(volatile void* location) {
    static auto* const real = next<gboolean(volatile void*)>("g_once_init_enter");
    const gboolean first = real(location);
    __tsan_acquire(const_cast<void*>(location));
    return first;
}

// Reference counts.

gpointer(g_object_ref)(gpointer object) {
    static auto* const real = next<gpointer(gpointer)>("g_object_ref");
    meet(object);
    return real(object);
}

void g_object_unref(gpointer object) {
    REAL(g_object_unref);
    meet(object);
    real(object);
}

gpointer gst_object_ref(gpointer object) {
    REAL(gst_object_ref);
    meet(object);
    return real(object);
}

void gst_object_unref(gpointer object) {
    REAL(gst_object_unref);
    meet(object);
    real(object);
}

GstMiniObject* gst_mini_object_ref(GstMiniObject* object) {
    REAL(gst_mini_object_ref);
    meet(object);
    return real(object);
}

void gst_mini_object_unref(GstMiniObject* object) {
    REAL(gst_mini_object_unref);
    meet(object);
    real(object);
}

GBytes* g_bytes_ref(GBytes* bytes) {
    REAL(g_bytes_ref);
    if (bytes != nullptr) meet(bytes);
    return real(bytes);
}

void g_bytes_unref(GBytes* bytes) {
    REAL(g_bytes_unref);
    if (bytes != nullptr) meet(bytes);
    real(bytes);
}

// Contexts.

guint g_source_attach(GSource* source, GMainContext* context) {
    REAL(g_source_attach);
    __tsan_release(source);
    return real(source, context);
}

void g_source_destroy(GSource* source) {
    REAL(g_source_destroy);
    meet(source);
    real(source);
}

void g_source_set_callback(GSource* source, GSourceFunc function, gpointer data, GDestroyNotify notify) {
    auto callback = std::make_unique<Callback>(function, data, notify);
    __tsan_release(callback.get());
    __tsan_release(source);
    g_source_set_callback_indirect(source, callback.release(), &callback_functions);
}

guint g_idle_add_full(gint priority, GSourceFunc function, gpointer data, GDestroyNotify notify) {
    REAL(g_idle_add_full);
    return real(priority, Invocation::run, Invocation::make(function, data, notify), Invocation::destroy);
}

guint g_timeout_add_full(gint priority, guint interval, GSourceFunc function, gpointer data,
                         GDestroyNotify notify) {
    REAL(g_timeout_add_full);
    return real(priority, interval, Invocation::run, Invocation::make(function, data, notify),
                Invocation::destroy);
}

guint g_idle_add(GSourceFunc function, gpointer data) {
    return g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, function, data, nullptr);
}

guint g_timeout_add(guint interval, GSourceFunc function, gpointer data) {
    return g_timeout_add_full(G_PRIORITY_DEFAULT, interval, function, data, nullptr);
}

void g_main_context_invoke_full(GMainContext* context, gint priority, GSourceFunc function, gpointer data,
                                GDestroyNotify notify) {
    REAL(g_main_context_invoke_full);
    real(context, priority, Invocation::run, Invocation::make(function, data, notify), Invocation::destroy);
}

void g_main_context_invoke(GMainContext* context, GSourceFunc function, gpointer data) {
    g_main_context_invoke_full(context, G_PRIORITY_DEFAULT, function, data, nullptr);
}

void g_main_loop_run(GMainLoop* loop) {
    REAL(g_main_loop_run);
    real(loop);
    __tsan_acquire(loop);
}

void g_main_loop_quit(GMainLoop* loop) {
    REAL(g_main_loop_quit);
    __tsan_release(loop);
    real(loop);
}

// Thread pools.

GThreadPool* g_thread_pool_new(GFunc function, gpointer user_data, gint most, gboolean exclusive,
                               GError** error) {
    REAL(g_thread_pool_new);
    auto pool_function = std::make_unique<PoolFunction>(PoolFunction{function, user_data});
    return real(PoolFunction::run, pool_function.release(), most, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool* pool, gpointer job, GError** error) {
    REAL(g_thread_pool_push);
    __tsan_release(job);
    return real(pool, job, error);
}
}
