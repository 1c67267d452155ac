// Recordings for tests: what is recorded is what the test says, in files that cmaf::Writer wrote.
#pragma once

#include "media_tools.hpp"
#include "memory_archive.hpp"

#include <rill/media/cmaf.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace rill::webrtc::test {

/// 2026-01-08T10:00:00Z and some seconds, in microseconds.
std::int64_t at_us(double seconds);

/// G.711 µ-law of one channel.
std::shared_ptr<const Format> sound_format();

/// What a camera of 25 pictures a second, and some sound, was recorded as. Parts last a second.
struct Take {
    int parts = 1;
    int keyframe_every = 25;  ///< pictures
    Codec codec = Codec::h264;
    bool sound = false;      ///< G.711, packets of 20 ms
    bool reordered = false;  ///< every third picture refers to a later one, and nothing to it
    std::size_t picture_bytes = 200;
    Nanoseconds pictures_after{0};  ///< the first one, after the beginning
    bool open = false;
};

/// Makes recordings of "cam1" in an archive.
///
/// Threading: one thread at a time; the archive's may read meanwhile.
class Recordings {
  public:
    explicit Recordings(rill::test::MemoryArchive& archive) : archive_(archive) {}

    /// A segment from at_us(start) on; the result is its id.
    std::int64_t add(double start, Take take = {});
    /// More parts of an open segment.
    void grow(std::int64_t id, int parts);
    /// Deletes the segment with its file.
    void erase(std::int64_t id);
    /// Cuts off the file in the middle of a part.
    void truncate(std::int64_t id, std::size_t part);
    /// Overwrites the head of a part.
    void damage(std::int64_t id, std::size_t part);

  private:
    struct File {
        File(Take take, cmaf::Writer writer) : take(take), writer(std::move(writer)) {}
        Take take;
        cmaf::Writer writer;
        rill::test::TemporaryFile file;
        int parts = 0;
    };
    void append(std::int64_t id, File& file);

    rill::test::MemoryArchive& archive_;
    std::map<std::int64_t, std::unique_ptr<File>> files_;  // by id
};

}  // namespace rill::webrtc::test
