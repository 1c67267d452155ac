#include "loop_store.hpp"

#include <fmt/format.h>

namespace rill::camera {
namespace {

// Part of the name of every cached file: another picture, sound or file layout needs another number.
constexpr int cache_version = 2;

}  // namespace

LoopRef LoopStore::find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = loops_.find(key);
    return found == loops_.end() ? nullptr : found->second;
}

LoopRef LoopStore::keep(const std::string& key, Loop loop) {
    const std::lock_guard lock(mutex_);
    return loops_.try_emplace(key, std::make_shared<const Loop>(std::move(loop))).first->second;
}

std::string LoopStore::file_of(const std::string& key) const {
    const std::string text = fmt::format("{} {} {} s", cache_version, key, loop_seconds);
    const Owned<gchar> digest(g_compute_checksum_for_string(G_CHECKSUM_SHA256, text.c_str(), -1));
    return fmt::format("{}/{:.32}.loop", cache_folder_, digest.get());
}

Result<Loop> LoopStore::from_disk(const std::string& key) const {
    if (cache_folder_.empty()) return Error{Code::not_found, "no cache folder"};
    return load(file_of(key));
}

Result<> LoopStore::to_disk(const std::string& key, const Loop& loop) const {
    if (cache_folder_.empty()) return ok();
    if (g_mkdir_with_parents(cache_folder_.c_str(), 0755) != 0)
        return Error{Code::internal, fmt::format("cannot make the folder {}", cache_folder_)};
    return save(loop, file_of(key));
}

}  // namespace rill::camera
