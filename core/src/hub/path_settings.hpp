// Everything that one path is configured to be, resolved: no lookups are left for run time.
#pragma once

#include "gop_cache.hpp"
#include "util/permits.hpp"

#include <rill/event.hpp>
#include <rill/module.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace rill {

struct PathSettings {
    struct SinkSettings {
        const SinkFactory* factory;
        std::shared_ptr<const Options> options;  ///< shared by all paths that say nothing about the sink
        bool enabled = true;                     ///< false: it can be switched on (SinkFactory::switchable)
    };
    std::string name;
    std::string pattern;  ///< the configured regular expression that it was made of; empty: none
    const SourceFactory* source_factory = nullptr;
    SourceContext source;
    const SourceFactory* stand_in_factory = nullptr;  ///< null: nothing is shown while the source is away
    SourceContext stand_in;
    bool on_demand = false;
    std::chrono::milliseconds start_timeout{10'000};
    std::chrono::milliseconds close_after{10'000};
    std::uint64_t max_readers = 0;  ///< 0: no limit
    std::string substream;          ///< a path; empty: none
    GopCache::Bounds cache{std::chrono::seconds(10), 16u << 20};
    std::vector<SinkSettings> sinks;
    Archive* archive = nullptr;        ///< null: there is none
    std::shared_ptr<Events> events;    ///< null: nobody is told
    std::shared_ptr<Permits> readers;  ///< of all paths (maxTotalReaders); null: any number
    std::shared_ptr<Permits> transcodes = std::make_shared<Permits>(0);
};

}  // namespace rill
