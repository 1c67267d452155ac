// The bytes of a recorded file, for those who play it.
#pragma once

#include <rill/archive.hpp>
#include <rill/fd.hpp>
#include <rill/media/cmaf_reader.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rill {

/// An open file of fragmented MP4. It can be read to its end when it is deleted meanwhile.
///
/// Threading: a value that one thread at a time uses. Reading waits for the disk. Errors, each naming the
/// file: unavailable, when the disk fails; internal, when the file is damaged: it ends before what the index
/// knows of it, or holds something else.
class RecordedFile {
  public:
    /// Holds no file; only to be assigned to.
    RecordedFile() = default;
    /// Errors: not_found when it was deleted, else unavailable.
    static Result<RecordedFile> open(const std::filesystem::path& file);

    /// Fills `bytes`.
    Result<> read(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
    /// The same into memory of its own.
    Result<Ref<GBytes>> read(std::uint64_t offset, std::size_t count) const;

    /// ftyp and moov (RecordedSegment::init_bytes), at most 1 MiB.
    Result<cmaf::Init> read_init(std::uint32_t init_bytes) const;
    /// moof and the header of mdat of a part, at most 16 MiB: what cmaf::parse_fragment wants.
    Result<std::vector<std::uint8_t>> read_moof(const RecordedPart& part) const;

    /// What to say when that which was read makes no sense.
    Error damaged(std::string_view how) const;

  private:
    RecordedFile(std::string name, Fd file) : name_(std::move(name)), file_(std::move(file)) {}
    std::string name_;  ///< without folders: what a stranger may read
    Fd file_;
};

}  // namespace rill
