// The end of a source of GLib's main loop.
#pragma once

#include <glib.h>

namespace rill {

/// Takes a source out of its context. While a context itself goes, its sources are its own to end: GLib 2.74
/// leaks those that the end of another one destroys.
inline void destroy_source(GSource* source) {
    if (g_source_is_destroyed(source) == FALSE && g_source_get_context(source) != nullptr)
        g_source_destroy(source);
}

}  // namespace rill
