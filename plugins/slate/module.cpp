#include "source.hpp"

#include <rill/module.hpp>

#include <array>

namespace {

using namespace rill;

constexpr std::array<std::string_view, 1> schemes{"slate"};

constexpr std::array sources{SourceFactory{.id = "slate",
                                           .summary = "says that a camera is offline",
                                           .schemes = schemes,
                                           .options = {},
                                           .create = slate::SlateSource::create}};

constexpr Module module{.name = "slate", .version = RILL_VERSION, .sources = sources};

}  // namespace

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &module;
}
