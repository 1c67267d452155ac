#include "session_directory.hpp"

#include "session.hpp"

#include <algorithm>

namespace rill::webrtc {

void SessionDirectory::add(const std::string& path, const std::shared_ptr<Session>& session) {
    const std::lock_guard lock(mutex_);
    paths_[path][session->secret()] = session;
}

void SessionDirectory::remove(const std::string& path, const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = paths_.find(path);
    if (found == paths_.end()) return;
    found->second.erase(id);
    if (found->second.empty()) paths_.erase(found);
}

std::shared_ptr<Session> SessionDirectory::find(const std::string& path, const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = paths_.find(path);
    if (found == paths_.end()) return nullptr;
    const auto session = found->second.find(id);
    return session == found->second.end() ? nullptr : session->second.lock();
}

std::vector<std::shared_ptr<Session>> SessionDirectory::of(const std::string& path) const {
    std::vector<std::shared_ptr<Session>> sessions;
    {
        const std::lock_guard lock(mutex_);
        const auto found = paths_.find(path);
        if (found == paths_.end()) return {};
        for (const auto& [id, weak] : found->second) {
            if (auto session = weak.lock()) sessions.push_back(std::move(session));
        }
    }
    std::ranges::stable_sort(sessions, {}, [](const auto& session) { return session->since_us(); });
    return sessions;
}

}  // namespace rill::webrtc
