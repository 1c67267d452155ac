// Routes what GLib and GStreamer report into the log.
#pragma once

#include <rill/log.hpp>

#include <string_view>

namespace rill {

/// From now on GLib's and GStreamer's messages are handed to `write`, on whichever thread they arise. Of
/// GStreamer's, those that GST_DEBUG asks for; of GLib's informational ones, those that G_MESSAGES_DEBUG asks
/// for. The first call counts; GLib allows no second writer. Before or after gst_init().
void route_library_messages(void (*write)(LogLevel level, std::string_view scope, std::string_view message));

}  // namespace rill
