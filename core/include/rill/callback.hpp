// Objects that C callbacks keep. Every `gpointer data` with a GDestroyNotify is made here.
#pragma once

#include <glib-object.h>

#include <memory>
#include <utility>

namespace rill {

/// Hands an object to a C callback, which owns it until GLib or GStreamer drops the callback with drop<T> or
/// drop_closure<T>.
template <class T>
[[nodiscard]] gpointer keep(T object) {
    return std::make_unique<T>(std::move(object)).release();
}
/// The object, inside the callback.
template <class T>
T& kept(gpointer data) {
    return *static_cast<T*>(data);
}
template <class T>
void drop(gpointer data) {
    std::unique_ptr<T>(static_cast<T*>(data));
}
template <class T>
void drop_closure(gpointer data, GClosure*) {
    drop<T>(data);
}

}  // namespace rill
