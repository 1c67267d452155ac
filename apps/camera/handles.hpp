// How the C handles that only the simulator uses are counted and freed (rill/ref.hpp has the common ones).
#pragma once

#include <rill/ref.hpp>

#include <gio/gio.h>
#include <gst/rtsp-server/rtsp-server.h>

namespace rill {

template <>
struct RefTraits<GVariant> {
    static void ref(GVariant* handle) { g_variant_ref(handle); }
    static void unref(GVariant* handle) { g_variant_unref(handle); }
};
template <>
struct RefTraits<GstRTSPThread> : MiniObjectTraits<GstRTSPThread> {};
template <>
struct RefTraits<GstRTSPToken> : MiniObjectTraits<GstRTSPToken> {};
template <>
struct RefTraits<GstRTSPPermissions> : MiniObjectTraits<GstRTSPPermissions> {};
template <>
struct Free<GVariantBuilder> {
    void operator()(GVariantBuilder* handle) const { g_variant_builder_unref(handle); }
};

/// A C++ value for the user_data of a C callback: give `new T` and this as its GDestroyNotify.
template <class T>
void destroy(gpointer value) {
    delete static_cast<T*>(value);
}

}  // namespace rill
