// The keys of MediaMTX's configuration that are none of ours, so that its files load as they are.
#pragma once

#include "keys.hpp"
#include "yaml.hpp"

#include <string>
#include <string_view>

namespace rill::config {

/// What becomes of a key. Names are those of MediaMTX 1.15 and of the versions before it.
struct ForeignKey {
    enum class Fate {
        unknown = 1,
        renamed,    ///< an older name of `name`
        inverted,   ///< "hlsDisable: yes" is "hls: no"
        servers,    ///< a list of texts that is a list of records now: webrtcICEServers
        no_effect,  ///< said once
        refused,    ///< ignoring it would leave open what was closed: an error, with `reason`
    };

    Fate fate = Fate::unknown;
    std::string_view name = {};
    std::string_view reason = {};
};

/// A name of today has the fate `no_effect` or `refused`; whether a module has it is asked before.
ForeignKey foreign_key(std::string_view name, Scope scope);

/// The name that equals `name` but for case, or "".
std::string_view foreign_key_ignoring_case(std::string_view name, Scope scope);

/// Whether a refused key says only what holds anyway: nothing, no, or the method without a password.
bool is_harmless(const Node& value);

/// The value that the key of today has; problems of its type are found where that is read.
Node translated(const ForeignKey& key, Node value);

}  // namespace rill::config
