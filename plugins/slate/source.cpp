#include "source.hpp"

#include "loop_element.hpp"

namespace rill::slate {

Result<std::unique_ptr<Source>> SlateSource::create(const SourceContext& context) {
    auto specs = parse_specs(context.url);
    if (!specs) return specs.error();
    return std::unique_ptr<Source>(new SlateSource(std::move(*specs)));
}

Result<Ref<GstElement>> SlateSource::build() {
    auto bin = Ref<GstElement>::sink(gst_bin_new(nullptr));
    for (const Spec& spec : specs_) {
        const auto loop = make_loop_element(spec, Library::instance());
        gst_bin_add(GST_BIN(bin.get()), loop.get());
        const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(loop.get(), "src"));
        const std::string name(to_string(kind_of(spec.codec)));
        gst_element_add_pad(bin.get(), gst_ghost_pad_new(name.c_str(), pad.get()));
    }
    return bin;
}

}  // namespace rill::slate
