// Ownership of C handles. Each call site says what it takes: adopt (transfer full), retain (transfer none),
// sink (floating). This is the only file with raw ref/unref calls.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <utility>

namespace rill {

/// How to hold one more reference of a type, and how to give one back. GObjects by default; boxed and mini
/// objects below.
template <class T>
struct RefTraits {
    static void ref(T* handle) { g_object_ref(handle); }
    static void unref(T* handle) { g_object_unref(handle); }
};

template <class T>
struct MiniObjectTraits {
    static void ref(T* handle) { gst_mini_object_ref(GST_MINI_OBJECT_CAST(handle)); }
    static void unref(T* handle) { gst_mini_object_unref(GST_MINI_OBJECT_CAST(handle)); }
};
template <>
struct RefTraits<GstBuffer> : MiniObjectTraits<GstBuffer> {};
template <>
struct RefTraits<GstBufferList> : MiniObjectTraits<GstBufferList> {};
template <>
struct RefTraits<GstCaps> : MiniObjectTraits<GstCaps> {};
template <>
struct RefTraits<GstSample> : MiniObjectTraits<GstSample> {};
template <>
struct RefTraits<GstMessage> : MiniObjectTraits<GstMessage> {};
template <>
struct RefTraits<GstEvent> : MiniObjectTraits<GstEvent> {};
template <>
struct RefTraits<GstMemory> : MiniObjectTraits<GstMemory> {};
template <>
struct RefTraits<GstPromise> : MiniObjectTraits<GstPromise> {};
template <>
struct RefTraits<GBytes> {
    static void ref(GBytes* handle) { g_bytes_ref(handle); }
    static void unref(GBytes* handle) { g_bytes_unref(handle); }
};
template <>
struct RefTraits<GMainContext> {
    static void ref(GMainContext* handle) { g_main_context_ref(handle); }
    static void unref(GMainContext* handle) { g_main_context_unref(handle); }
};
template <>
struct RefTraits<GMainLoop> {
    static void ref(GMainLoop* handle) { g_main_loop_ref(handle); }
    static void unref(GMainLoop* handle) { g_main_loop_unref(handle); }
};
template <>
struct RefTraits<GSource> {
    static void ref(GSource* handle) { g_source_ref(handle); }
    static void unref(GSource* handle) { g_source_unref(handle); }
};

/// One reference of a reference-counted C object. Thread-safe as far as the object's own reference count is.
template <class T>
class Ref {
  public:
    Ref() = default;
    Ref(std::nullptr_t) {}
    Ref(const Ref& other) : handle_(other.handle_) {
        if (handle_ != nullptr) RefTraits<T>::ref(handle_);
    }
    Ref(Ref&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Ref() {
        if (handle_ != nullptr) RefTraits<T>::unref(handle_);
    }

    /// Takes over a reference that the caller owns (transfer full).
    static Ref adopt(T* handle) { return Ref(handle); }
    /// Adds a reference of our own (transfer none).
    static Ref retain(T* handle) {
        if (handle != nullptr) RefTraits<T>::ref(handle);
        return Ref(handle);
    }
    /// Takes over a floating reference, as new GstElements and GstPads have.
    static Ref sink(T* handle) {
        if (handle != nullptr) g_object_ref_sink(handle);
        return Ref(handle);
    }

    T* get() const { return handle_; }
    T* operator->() const { return handle_; }
    explicit operator bool() const { return handle_ != nullptr; }
    /// Gives the reference away, to a C function that takes it (transfer full).
    [[nodiscard]] T* leak() { return std::exchange(handle_, nullptr); }
    void reset() { *this = Ref(); }

  private:
    explicit Ref(T* handle) : handle_(handle) {}
    T* handle_ = nullptr;
};

template <class T>
struct Free {
    void operator()(T* handle) const { g_free(handle); }
};
template <>
struct Free<GError> {
    void operator()(GError* handle) const { g_error_free(handle); }
};
template <>
struct Free<GstStructure> {
    void operator()(GstStructure* handle) const { gst_structure_free(handle); }
};
template <>
struct Free<GDateTime> {
    void operator()(GDateTime* handle) const { g_date_time_unref(handle); }
};
template <>
struct Free<GUri> {
    void operator()(GUri* handle) const { g_uri_unref(handle); }
};

/// Sole ownership of a C structure that is freed, not counted.
template <class T>
using Owned = std::unique_ptr<T, Free<T>>;

/// Receives a C out-parameter into an Owned: `call(…, out(error))`.
template <class T>
class Out {
  public:
    explicit Out(Owned<T>& target) : target_(target) {}
    Out(const Out&) = delete;
    Out& operator=(const Out&) = delete;
    ~Out() { target_.reset(raw_); }
    operator T**() { return &raw_; }

  private:
    Owned<T>& target_;
    T* raw_ = nullptr;
};
template <class T>
Out<T> out(Owned<T>& target) {
    return Out<T>(target);
}

}  // namespace rill
