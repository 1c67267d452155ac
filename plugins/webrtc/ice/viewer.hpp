// One viewer at the ports that all share.
#pragma once

#include "local_ports.hpp"
#include "peer.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
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
    /// The viewer's, which come before its candidates or after them. New ones are a restart's: the candidates
    /// that were asked with those before are no more of interest.
    void set_remote(const Credentials& credentials);
    /// A "candidate:…" line of the viewer's. The viewer finds us, not we it; but some look only when they are
    /// asked first. So the first few addresses are, at the UDP port, until the viewer's first check comes.
    void note_remote(std::string_view candidate);
    /// "host", "srflx", "prflx" or "relay".
    std::string type_of_remote(const Route& route) const;
    /// Leaves the ports; no event is begun after it.
    void close();

  private:
    void forget(const std::string& ufrag);
    std::optional<Address> askable(std::span<const std::string_view> candidate) const;
    /// The candidates that were not asked yet, once all is known that a request says. Locked: mutex_.
    void ask_new();
    std::vector<std::uint8_t> make_request() const;

    const LocalPorts ports_;
    const std::vector<std::string> addresses_;
    const std::shared_ptr<Peer> peer_;

    mutable std::mutex mutex_;
    // Locked: mutex_.
    std::vector<std::string> ufrags_;
    std::map<std::string, std::string, std::less<>> remote_types_;  ///< by "address port"
    std::optional<Credentials> remote_;
    std::vector<Address> candidates_;  ///< those that are asked
    std::size_t asked_ = 0;            ///< of candidates_: the first so many
    std::size_t room_;                 ///< so many more may be asked in the viewer's life
    const std::uint64_t tie_breaker_;
};

}  // namespace rill::webrtc::ice
