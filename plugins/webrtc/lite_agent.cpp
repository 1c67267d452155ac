#include "lite_agent.hpp"

#include "session.hpp"

#include <fmt/format.h>

namespace rill::webrtc {

IceAgent::Pair LiteIceAgent::selected_pair() const {
    const auto route = agent_.viewer->peer()->selected();
    if (!route) return {};
    const auto describe = [&](std::string_view type, const ice::Address& address) {
        return fmt::format("{}/{}/{}/{}", type, route->protocol, address.ip_text(), address.port);
    };
    return {describe("host", route->local), describe(agent_.viewer->type_of_remote(*route), route->remote)};
}

Result<RestartedIce> LiteIceAgent::restart(const CandidateFragment& fragment) {
    // ice-char has no hyphen (RFC 8839 §5.4).
    const auto random = [] {
        std::string text = random_uuid();
        std::erase(text, '-');
        return text;
    };
    const ice::Credentials credentials{random(), random()};
    agent_.viewer->add(credentials);
    agent_.viewer->set_remote({fragment.ufrag, fragment.password});
    for (const std::string& candidate : fragment.candidates)
        agent_.viewer->note_remote(candidate);
    return RestartedIce{credentials.ufrag, credentials.password, local_candidates()};
}

}  // namespace rill::webrtc
