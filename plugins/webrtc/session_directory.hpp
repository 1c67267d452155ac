// The sessions of all paths, for controllers: sinks know their own only.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rill::webrtc {

class Session;

/// Threading: any thread. Sessions are not held: they end when their sink says so.
class SessionDirectory {
  public:
    void add(const std::string& path, const std::shared_ptr<Session>& session);
    void remove(const std::string& path, const std::string& id);
    /// Null: there is no such session. `id` is Session::secret().
    std::shared_ptr<Session> find(const std::string& path, const std::string& id) const;
    /// In the order of their beginning.
    std::vector<std::shared_ptr<Session>> of(const std::string& path) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::string, std::map<std::string, std::weak_ptr<Session>>> paths_;  // locked: mutex_
};

}  // namespace rill::webrtc
