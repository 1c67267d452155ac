// A template: the smallest useful sink. It counts a path's frames in a pipeline of its own. Copy the folder,
// rename it, and put your elements in place of identity ! fakesink. README.md walks through it line by line.
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>

namespace {

class ExampleSink final : public rill::BinSink {
  public:
    explicit ExampleSink(const rill::Options& options) : silent_(options.boolean("silent")) {}

    rill::Result<rill::Ref<GstElement>> build(std::span<const rill::Track> tracks) override {
        auto bin = rill::Ref<GstElement>::sink(gst_bin_new("example"));
        for (const rill::Track& track : tracks) {
            GstElement* counter = gst_element_factory_make("identity", nullptr);
            GstElement* end = gst_element_factory_make("fakesink", nullptr);
            if (counter == nullptr || end == nullptr) {
                return rill::Error{rill::Code::unavailable, "GStreamer's core elements are not installed"};
            }
            g_object_set(counter, "silent", silent_, nullptr);
            g_object_set(end, "sync", FALSE, "async", FALSE, nullptr);
            gst_bin_add_many(GST_BIN(bin.get()), counter, end, nullptr);
            gst_element_link(counter, end);

            const auto pad = rill::Ref<GstPad>::adopt(gst_element_get_static_pad(counter, "sink"));
            const auto name = fmt::format("track_{}", track.index);
            gst_element_add_pad(bin.get(), gst_ghost_pad_new(name.c_str(), pad.get()));
        }
        return bin;
    }

  private:
    const bool silent_;
};

constexpr auto options = std::to_array<rill::Option>({
    {.name = "silent",
     .type = rill::Type::boolean,
     .fallback = "yes",
     .doc = "Does not describe each frame in last-message of its identity element."},
});

rill::Result<std::unique_ptr<rill::Sink>> create(const rill::Options& values) {
    return std::make_unique<ExampleSink>(values);
}

constexpr auto sinks = std::to_array<rill::SinkFactory>({
    {.id = "example",
     .summary = "template of a sink: counts frames",
     .options = options,
     .routes = {},
     .create = create},
});

constexpr rill::Module module{.name = "example", .version = "0.1.0", .sinks = sinks};

}  // namespace

const rill::Module* rill_module() {
    return &module;
}
