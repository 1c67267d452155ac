// The loops of all cameras: each distinct stream is encoded once in a process, or once ever with a cache
// folder.
#pragma once

#include "encode.hpp"
#include "loop.hpp"
#include "spec.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace rill::camera {

using LoopRef = std::shared_ptr<const Loop>;

/// Threading: get() from any thread; it blocks while it encodes.
class LoopStore {
  public:
    /// An empty folder means that nothing is kept on disk. The folder is made when it is missing.
    explicit LoopStore(std::string cache_folder) : cache_folder_(std::move(cache_folder)) {}

    template <class Spec>
    Result<LoopRef> get(const Spec& spec) {
        const std::string key = describe(spec);
        if (LoopRef known = find(key)) return known;
        auto loop = from_disk(key);
        if (!loop) {
            loop = encode_loop(spec, stop_.get_token());
            if (!loop) return loop.error();
            if (const auto saved = to_disk(key, *loop); !saved) return saved.error();
        }
        return keep(key, std::move(*loop));
    }
    /// Makes a running get() return within a frame's time, with an error.
    void stop() { stop_.request_stop(); }

  private:
    LoopRef find(const std::string& key);
    LoopRef keep(const std::string& key, Loop loop);
    std::string file_of(const std::string& key) const;
    Result<Loop> from_disk(const std::string& key) const;
    Result<> to_disk(const std::string& key, const Loop& loop) const;

    const std::string cache_folder_;
    std::stop_source stop_;
    std::mutex mutex_;
    std::map<std::string, LoopRef> loops_;  ///< guarded by mutex_
};

}  // namespace rill::camera
