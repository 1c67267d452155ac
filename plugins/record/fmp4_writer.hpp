// Fragmented MP4: a part is a fragment.
#pragma once

#include "part_writer.hpp"

#include <rill/archive.hpp>

#include <optional>

namespace rill::record {

/// Ownership: the archive's writer outlives it.
class Fmp4Writer final : public PartWriter {
  public:
    explicit Fmp4Writer(ArchiveWriter& archive) : archive_(archive) {}

    Result<> can_write(const Format& format) const override;
    void begin(CutSegment segment) override;
    bool append(const CutPart& part) override;

  private:
    ArchiveWriter& archive_;
    std::optional<cmaf::Writer> writer_;
};

}  // namespace rill::record
