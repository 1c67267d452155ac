// One viewer at the ports that all share.
#pragma once

#include "local_ports.hpp"
#include "peer.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rill::webrtc::ice {

/// Threading: any.
class Viewer {
  public:
    /// `addresses` are the IPs of this machine that the viewer is told, the best first.
    Viewer(LocalPorts ports, std::vector<std::string> addresses, Peer::Events events);
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    ~Viewer() { close(); }

    const std::shared_ptr<Peer>& peer() const { return peer_; }
    void add(const Credentials& credentials);
    /// "candidate:…" lines, the most preferred first.
    std::vector<std::string> local_candidates() const;
    /// A "candidate:…" line of the viewer's. It is only asked for its kind: the viewer finds us, not we it.
    void note_remote(std::string_view candidate);
    /// "host", "srflx", "prflx" or "relay".
    std::string type_of_remote(const Route& route) const;
    /// Leaves the ports; no event is begun after it.
    void close();

  private:
    void forget(const std::string& ufrag);

    const LocalPorts ports_;
    const std::vector<std::string> addresses_;
    const std::shared_ptr<Peer> peer_;

    mutable std::mutex mutex_;
    // Locked: mutex_.
    std::vector<std::string> ufrags_;
    std::map<std::string, std::string, std::less<>> remote_types_;  ///< by "address port"
};

}  // namespace rill::webrtc::ice
