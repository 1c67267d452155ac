// The segments of many paths as MediaMTX lists them, made while they are sent.
#pragma once

#include "segment_cursor.hpp"

#include <rill/archive.hpp>
#include <rill/http_body.hpp>

#include <string>
#include <vector>

namespace rill::api {

/// `before`, then {"name":…,"segments":[{"start":…},…]} of each path, separated by commas, then `after`. A
/// month of ten-second segments is 12 MB of text; no more than a turn of it is held.
///
/// The archive outlives it.
class SegmentsBody final : public http::BodySource {
  public:
    SegmentsBody(Archive& archive, std::vector<std::string> paths, std::string before, std::string after);

    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    void read(std::uint64_t offset, std::size_t at_most, Done done) override;

  private:
    void look(ArchiveView& view, std::size_t at_most, const Done& done);
    Result<> append_turn(ArchiveView& view);
    void begin_path();
    void hand_out(std::size_t at_most, const Done& done);

    Archive& archive_;
    const std::vector<std::string> paths_;
    const std::string after_;
    // Of the one read at a time, on whichever thread.
    std::size_t path_ = 0;  ///< which of paths_
    SegmentCursor cursor_;
    bool is_first_ = true;     ///< no segment of the path was written yet
    bool has_looked_ = false;  ///< only then an error cannot be the answer any more
    std::string text_;         ///< made, and sent up to sent_
    std::size_t sent_ = 0;
};

}  // namespace rill::api
