// The one symbol that a module exports. A module includes headers of core/include/rill and links to core,
// nothing else.
//
//     extern "C" RILL_EXPORT const rill::Module* rill_module() { return &module; }
#pragma once

#include <rill/archive.hpp>
#include <rill/hub.hpp>
#include <rill/sink.hpp>
#include <rill/source.hpp>

#include <cstdint>
#include <span>
#include <string_view>

#define RILL_EXPORT __attribute__((visibility("default")))

namespace rill {

/// Raised by every change of a type that crosses the border to modules.
inline constexpr std::uint32_t module_abi = 7;

/// Constant data: nothing runs at load, nothing is unloaded.
struct Module {
    std::uint32_t abi = module_abi;  ///< stays the first field; the rest is read only when it matches
    std::string_view name;           ///< "hls"
    std::string_view version;
    std::span<const SourceFactory> sources = {};
    std::span<const SinkFactory> sinks = {};
    std::span<const ControllerFactory> controllers = {};
    const ArchiveFactory* archive = nullptr;
};

}  // namespace rill

extern "C" RILL_EXPORT const rill::Module* rill_module();
