#include "bridge.hpp"

#include "known_criticals.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>
#include <gst/gst.h>

#include <atomic>
#include <exception>
#include <span>
#include <string>

namespace rill {
namespace {

using Writer = void (*)(LogLevel, std::string_view, std::string_view);
std::atomic<Writer> writer = nullptr;

LogLevel level_of(GLogLevelFlags flags) {
    if ((flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0) return LogLevel::error;
    if ((flags & G_LOG_LEVEL_WARNING) != 0) return LogLevel::warning;
    if ((flags & G_LOG_LEVEL_DEBUG) != 0) return LogLevel::debug;
    return LogLevel::info;
}

LogLevel level_of(GstDebugLevel level) {
    switch (level) {
        case GST_LEVEL_ERROR:
            return LogLevel::error;
        case GST_LEVEL_WARNING:
        case GST_LEVEL_FIXME:
            return LogLevel::warning;
        case GST_LEVEL_INFO:
            return LogLevel::info;
        default:
            return LogLevel::debug;
    }
}

std::string_view field_value(std::span<const GLogField> fields, std::string_view key) {
    for (const GLogField& field : fields) {
        if (key != field.key || field.value == nullptr) continue;
        const auto* text = static_cast<const char*>(field.value);
        return field.length < 0 ? std::string_view(text)
                                : std::string_view(text, static_cast<std::size_t>(field.length));
    }
    return {};
}

GLogWriterOutput on_glib_message(GLogLevelFlags flags, const GLogField* fields, gsize count, gpointer) {
    try {
        const std::span<const GLogField> all(fields, count);
        const std::string domain(field_value(all, "GLIB_DOMAIN"));
        const std::string_view message = field_value(all, "MESSAGE");
        if (is_known_critical(message)) flags = G_LOG_LEVEL_DEBUG;
        const LogLevel level = level_of(flags);
        const bool informational = level == LogLevel::info || level == LogLevel::debug;
        if (informational &&
            g_log_writer_default_would_drop(flags, domain.empty() ? nullptr : domain.c_str()) != FALSE) {
            return G_LOG_WRITER_HANDLED;
        }
        writer.load()(level, fmt::format("[{}] ", domain.empty() ? "GLib" : domain), message);
        return G_LOG_WRITER_HANDLED;
    } catch (const std::exception&) {
        return G_LOG_WRITER_UNHANDLED;
    }
}

/// "src:video_0" of a pad, "src" of an element, or nothing. The object may be under construction or
/// destruction: then it has no name.
std::string name_of(GObject* object) {
    if (object == nullptr || !GST_IS_OBJECT(object)) return "";
    const char* name = GST_OBJECT_NAME(object);
    if (name == nullptr) return "";
    if (!GST_IS_PAD(object)) return name;
    const GstObject* parent = GST_OBJECT_PARENT(object);
    if (parent == nullptr || parent->name == nullptr) return name;
    return fmt::format("{}:{}", parent->name, name);
}

void on_gstreamer_message(GstDebugCategory* category, GstDebugLevel level, const gchar*, const gchar*, gint,
                          GObject* object, GstDebugMessage* message, gpointer) {
    try {
        const char* text = gst_debug_message_get(message);
        if (text == nullptr) return;
        const std::string name = name_of(object);
        writer.load()(level_of(level),
                      name.empty() ? fmt::format("[{}] ", gst_debug_category_get_name(category))
                                   : fmt::format("[{} {}] ", gst_debug_category_get_name(category), name),
                      text);
    } catch (const std::exception&) {
        return;  // one line less
    }
}

}  // namespace

void route_library_messages(void (*write)(LogLevel, std::string_view, std::string_view)) {
    Writer none = nullptr;
    if (!writer.compare_exchange_strong(none, write)) return;
    g_log_set_writer_func(on_glib_message, nullptr, nullptr);
    // In parentheses: the functions, not the macros of the same names, which are no standard C++. Null is
    // GStreamer's own log function.
    (gst_debug_remove_log_function)(nullptr);
    (gst_debug_add_log_function)(on_gstreamer_message, nullptr, nullptr);
}

}  // namespace rill
