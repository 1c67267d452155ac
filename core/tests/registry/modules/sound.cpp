// A module that is in order. SOUND_ID makes several of them.
#include <rill/module.hpp>

#include <array>

using namespace rill;

namespace {

Result<std::unique_ptr<Source>> no_source(const SourceContext&) {
    return Error{Code::unavailable, "only a table"};
}
Result<std::unique_ptr<Sink>> no_sink(const Options&) {
    return Error{Code::unavailable, "only a table"};
}

constexpr auto options = std::to_array<Option>(
    {{.name = "depth", .type = Type::integer, .fallback = "3", .doc = "How deep.", .minimum = 1}});
constexpr std::array<std::string_view, 2> schemes = {SOUND_ID, SOUND_ID "s"};
constexpr auto sources = std::to_array<SourceFactory>(
    {{.id = SOUND_ID, .summary = "A source", .schemes = schemes, .options = options, .create = no_source}});
constexpr auto sinks = std::to_array<SinkFactory>(
    {{.id = SOUND_ID "out", .summary = "A sink", .options = options, .routes = {}, .create = no_sink}});
constexpr Module module = {
    .name = SOUND_ID, .version = "1.2", .sources = sources, .sinks = sinks, .controllers = {}};

}  // namespace

extern "C" RILL_EXPORT const Module* rill_module() {
    return &module;
}
