#include "source.hpp"

#include <rill/module.hpp>

#include <array>

namespace {

using namespace rill;

constexpr std::array<std::string_view, 1> schemes{"test"};

constexpr std::array sources{SourceFactory{.id = "test",
                                           .summary = "generates moving pictures and ticking sound",
                                           .schemes = schemes,
                                           .options = {},
                                           .create = test_source::TestSource::create}};

constexpr Module module{.name = "test", .version = RILL_VERSION, .sources = sources};

}  // namespace

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &module;
}
