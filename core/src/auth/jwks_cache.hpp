// The keys of a JWKS, fetched when they are needed, and again when they get old or a new one is named.
#pragma once

#include "auth/fetch.hpp"
#include "auth/jwk.hpp"

#include <rill/clock.hpp>
#include <rill/log.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rill::auth {

/// Old keys serve while new ones are fetched, and when that fails, but not for ever: keys are also withdrawn.
///
/// Threading: made, used and destroyed on the loop's thread.
class JwksCache {
  public:
    static constexpr std::chrono::hours refresh_after{1};
    static constexpr std::chrono::hours worthless_after{24};
    static constexpr std::chrono::seconds least_pause{10};  ///< between two fetches, whatever tokens name
    static constexpr std::size_t most_waiting = 256;

    using Keys = std::vector<Jwk>;
    /// Null: there are none.
    using Found = std::function<void(std::shared_ptr<const Keys>)>;

    /// `url` is http, https or file.
    JwksCache(std::string url, Loop& loop, const Clock& clock, std::chrono::milliseconds time_limit);

    /// `found` is called with the keys, of which one has the id if there is such a key, before this returns
    /// or later. `key_id` "": any.
    void find(const std::string& key_id, Found found);
    /// Fetches now, whatever the pause.
    void refresh();

  private:
    std::shared_ptr<const Keys> usable() const;
    bool may_fetch() const;
    void fetch();
    void take(const Result<Fetch::Reply>& reply);
    Result<Keys> read(const Result<Fetch::Reply>& reply) const;

    const std::string url_;
    const Clock& clock_;
    const Log log_{"auth"};
    std::shared_ptr<const Keys> keys_;
    std::chrono::nanoseconds fetched_{0};
    std::chrono::nanoseconds tried_{0};
    bool has_tried_ = false;
    bool is_fetching_ = false;
    std::vector<Found> waiting_;
    Fetch fetch_;
};

}  // namespace rill::auth
