// The modules of this build, and what their examples configure.
#pragma once

#include "config/config.hpp"
#include "registry/registry.hpp"

#include <string>
#include <vector>

namespace rill::test {

/// Loaded once; a problem fails the test.
const Registry& installed();

/// Of the file: "example_sink". The module's name may differ.
std::string folder_of(const Registry::Loaded& module);

/// plugins/<folder>/example.yml, as the daemon would load it; a problem fails the test.
config::Config example_of(const Registry::Loaded& module);

/// What the example says of this factory: of a source, the first path that it feeds; of a sink, the options
/// of the first path that has it switched on; else the defaults. A port that all have by default is any that
/// is free.
SourceContext example_source(const Registry::Loaded& module, const SourceFactory& factory);
Options example_options(const Registry::Loaded& module, const SinkFactory& factory);
Options example_options(const Registry::Loaded& module, const ControllerFactory& factory);

/// A factory and the module that it came from.
template <class Factory>
struct Offered {
    const Registry::Loaded* module;
    const Factory* factory;
};
std::vector<Offered<SourceFactory>> offered_sources();
std::vector<Offered<SinkFactory>> offered_sinks();
std::vector<Offered<ControllerFactory>> offered_controllers();

/// The table's defaults, on such a port, with each option set, one at a time, to each of its limits, choices
/// or switches.
std::vector<Options> edges_of(std::span<const Option> table);

/// How often something is started and stopped. Sanitizers make each time tenfold as long.
int rounds(int usual);

}  // namespace rill::test
