// A machine on which a decoder is not installed.
#pragma once

#include <rill/ref.hpp>

#include <gst/gst.h>

#include <utility>
#include <vector>

namespace rill::test {

/// As if no decoder took this media type, as long as it lives.
class NoDecoder {
  public:
    explicit NoDecoder(const char* media) {
        const auto caps = Ref<GstCaps>::adopt(gst_caps_new_empty_simple(media));
        GList* const all =
            gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
        GList* const fitting = gst_element_factory_list_filter(all, caps.get(), GST_PAD_SINK, FALSE);
        for (const GList* place = fitting; place != nullptr; place = place->next) {
            auto feature = Ref<GstPluginFeature>::retain(GST_PLUGIN_FEATURE(place->data));
            ranks_.push_back({feature, gst_plugin_feature_get_rank(feature.get())});
            gst_plugin_feature_set_rank(feature.get(), GST_RANK_NONE);
        }
        gst_plugin_feature_list_free(fitting);
        gst_plugin_feature_list_free(all);
    }
    NoDecoder(const NoDecoder&) = delete;
    NoDecoder& operator=(const NoDecoder&) = delete;
    ~NoDecoder() {
        for (const auto& [feature, rank] : ranks_)
            gst_plugin_feature_set_rank(feature.get(), rank);
    }

  private:
    std::vector<std::pair<Ref<GstPluginFeature>, guint>> ranks_;
};

}  // namespace rill::test
