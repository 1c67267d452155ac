// The viewers that a port serves, by the ufrag we gave them.
#pragma once

#include "peer.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace rill::webrtc::ice {

/// Threading: any.
class Peers {
  public:
    void add(const std::string& ufrag, std::shared_ptr<Peer> peer) {
        const std::lock_guard lock(mutex_);
        by_ufrag_[ufrag] = std::move(peer);
    }
    void remove(const std::string& ufrag) {
        const std::lock_guard lock(mutex_);
        by_ufrag_.erase(ufrag);
    }
    /// The one that a check is for; null when there is none.
    std::shared_ptr<Peer> find(const BindingRequest& request) const {
        const std::lock_guard lock(mutex_);
        const auto known = by_ufrag_.find(request.local_ufrag());
        return known == by_ufrag_.end() ? nullptr : known->second;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Peer>, std::less<>> by_ufrag_;  // locked: mutex_
};

}  // namespace rill::webrtc::ice
