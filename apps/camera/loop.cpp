#include "loop.hpp"

#include "handles.hpp"

#include <fmt/format.h>

namespace rill::camera {
namespace {

/// Caps, unit duration, delay, and each unit's time, keyframe flag and bytes.
constexpr const char* file_type = "(sxxa(xbay))";

Ref<GVariant> unit_to_variant(const Unit& unit) {
    GstMapInfo map;
    if (gst_buffer_map(unit.data.get(), &map, GST_MAP_READ) == FALSE) return {};
    GVariant* bytes = g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, map.data, map.size, 1);
    gst_buffer_unmap(unit.data.get(), &map);
    return Ref<GVariant>::adopt(
        g_variant_ref_sink(g_variant_new("(xb@ay)", unit.pts.count(), gboolean{unit.keyframe}, bytes)));
}

Unit unit_from_variant(GVariant* variant) {
    gint64 pts = 0;
    gboolean keyframe = FALSE;
    GVariant* bytes = nullptr;
    g_variant_get(variant, "(xb@ay)", &pts, &keyframe, &bytes);
    const auto owned = Ref<GVariant>::adopt(bytes);
    gsize size = 0;
    const auto* data = static_cast<const guint8*>(g_variant_get_fixed_array(owned.get(), &size, 1));
    return Unit{Ref<GstBuffer>::adopt(gst_buffer_new_memdup(data, size)), nanoseconds(pts),
                keyframe != FALSE};
}

}  // namespace

Result<> save(const Loop& loop, const std::string& file) {
    const Owned<GVariantBuilder> units(g_variant_builder_new(G_VARIANT_TYPE("a(xbay)")));
    for (const Unit& unit : loop.units) {
        const auto variant = unit_to_variant(unit);
        if (!variant) return Error{Code::internal, "cannot read an encoded unit"};
        g_variant_builder_add_value(units.get(), variant.get());
    }
    const Owned<gchar> caps(gst_caps_to_string(loop.caps.get()));
    const auto all = Ref<GVariant>::adopt(g_variant_ref_sink(
        g_variant_new(file_type, caps.get(), loop.unit_duration.count(), loop.delay.count(), units.get())));

    Owned<GError> error;
    const auto* bytes = static_cast<const gchar*>(g_variant_get_data(all.get()));
    if (g_file_set_contents(file.c_str(), bytes, static_cast<gssize>(g_variant_get_size(all.get())),
                            out(error)))
        return ok();
    return Error{Code::internal, fmt::format("cannot write {}: {}", file, error->message)};
}

Result<Loop> load(const std::string& file) {
    gchar* contents = nullptr;
    gsize size = 0;
    Owned<GError> error;
    if (g_file_get_contents(file.c_str(), &contents, &size, out(error)) == FALSE) {
        const bool missing = g_error_matches(error.get(), G_FILE_ERROR, G_FILE_ERROR_NOENT) != FALSE;
        return Error{missing ? Code::not_found : Code::internal, error->message};
    }
    const auto all = Ref<GVariant>::adopt(g_variant_ref_sink(
        g_variant_new_from_data(G_VARIANT_TYPE(file_type), contents, size, FALSE, g_free, contents)));

    const auto damaged = [&] { return Error{Code::internal, fmt::format("{} is damaged: delete it", file)}; };
    if (g_variant_is_normal_form(all.get()) == FALSE) return damaged();
    const gchar* caps = nullptr;
    gint64 unit_duration = 0;
    gint64 delay = 0;
    GVariant* list = nullptr;
    g_variant_get(all.get(), "(&sxx@a(xbay))", &caps, &unit_duration, &delay, &list);
    const auto units = Ref<GVariant>::adopt(list);

    Loop loop;
    loop.caps = Ref<GstCaps>::adopt(gst_caps_from_string(caps));
    loop.unit_duration = nanoseconds(unit_duration);
    loop.delay = nanoseconds(delay);
    for (gsize i = 0; i < g_variant_n_children(units.get()); ++i) {
        const auto unit = Ref<GVariant>::adopt(g_variant_get_child_value(units.get(), i));
        loop.units.push_back(unit_from_variant(unit.get()));
        if (gst_buffer_get_size(loop.units.back().data.get()) == 0) return damaged();
    }
    if (!loop.caps || loop.units.empty() || unit_duration <= 0 || !loop.units.front().keyframe)
        return damaged();
    return loop;
}

}  // namespace rill::camera
