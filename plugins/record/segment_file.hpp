// A recording's file while it is written.
#pragma once

#include <rill/archive.hpp>
#include <rill/media/cmaf.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace rill::record {

/// At any moment, also when the process is killed, the file plays up to its last complete part: it gets its
/// name with the first one, and each is written behind a header that makes players skip it, which a last
/// write of a few bytes turns into its own: a `free` box (ISO/IEC 14496-12 §8.1.2) before it is a `moof`, a
/// Void element (RFC 8794 §11.3.2) before it is a Cluster. MPEG-TS has no such thing: a kill in the middle of
/// the write leaves a torn last part, at which players resynchronise.
///
/// Threading: one thread; every call may wait for the disk. Ownership: closes the file when destroyed; a file
/// without a part is deleted then. Errors: unavailable, naming the file and the system's reason. After an
/// error the file is whole up to the part before, and nothing more is taken.
class SegmentFile {
  public:
    /// Makes the folders and the file, under the name that Recovery knows as one without a part.
    static Result<SegmentFile> create(const std::filesystem::path& root, const std::string& relative_file,
                                      const cmaf::Chunks& init, Container container = Container::fmp4);
    SegmentFile(SegmentFile&& other) noexcept;
    SegmentFile& operator=(SegmentFile&& other) noexcept = delete;
    ~SegmentFile();

    /// `part` begins with the header of a moof, with that of a Cluster of unknown size, or with a packet.
    Result<> append(const cmaf::Chunks& part);
    std::uint64_t bytes() const { return bytes_; }
    /// As it is called now.
    std::filesystem::path path() const { return named_ ? root_ / name_ : temporary(); }

  private:
    SegmentFile(std::filesystem::path root, std::string name, Container container);
    Result<> write(const cmaf::Chunks& part);
    bool was_deleted() const;
    Error error(const char* action, int number) const;
    std::filesystem::path temporary() const;

    std::filesystem::path root_;
    std::string name_;  // relative
    Container container_;
    int fd_ = -1;
    std::uint64_t bytes_ = 0;
    bool named_ = false;
    bool failed_ = false;
};

}  // namespace rill::record
