// Pictures that were asked for lately.
#pragma once

#include "picture.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace rill::preview {

/// Bounded in bytes; who was not asked for longest goes first. What a picture is kept by counts, too.
/// Threading: one thread at a time.
class PictureCache {
  public:
    /// With 0 nothing is kept.
    explicit PictureCache(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

    std::optional<Picture> find(const std::string& key);
    /// What is larger than the bound is not kept.
    void put(const std::string& key, const Picture& picture);
    std::uint64_t bytes() const { return bytes_; }
    std::size_t size() const { return by_key_.size(); }

  private:
    struct Entry {
        std::string key;
        Picture picture;
        std::uint64_t bytes = 0;
    };
    using Entries = std::list<Entry>;
    void drop_last();

    const std::uint64_t most_bytes_;
    std::uint64_t bytes_ = 0;
    Entries entries_;  // the one asked for last first
    std::unordered_map<std::string, Entries::iterator> by_key_;
};

}  // namespace rill::preview
