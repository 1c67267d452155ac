// The bytes of an answer, made from the files while they are sent.
#pragma once

#include "piece_reader.hpp"
#include "plan.hpp"

#include <rill/archive.hpp>
#include <rill/http_body.hpp>

#include <memory>
#include <vector>

namespace rill::playback {

/// Holds one file and one moof at a time. Reads from files on the archive's thread, at most `at_most` bytes a
/// turn. Errors: not_found, conflict, internal, unavailable: the recording is not what the plan says.
class JoinedSource final : public http::BodySource {
  public:
    /// The archive outlives it.
    JoinedSource(Archive& archive, std::shared_ptr<const Plan> plan);

    std::optional<std::uint64_t> size() const override { return plan_->size(); }
    void read(std::uint64_t offset, std::size_t at_most, Done done) override;

  private:
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    /// A part and where it begins in the answer.
    struct PlacedPart {
        RecordedPart part;
        std::uint64_t body_start = 0;
    };

    Result<BodySource::Piece> collect(ArchiveView& view, std::uint64_t offset, std::size_t at_most);
    Result<> open_piece(ArchiveView& view, std::size_t index);
    Result<> open_part(std::size_t index);
    Result<Ref<GBytes>> bytes_of_part(std::uint64_t offset, std::size_t at_most) const;

    Archive& archive_;
    const std::shared_ptr<const Plan> plan_;
    // Archive's thread.
    std::size_t piece_ = none;
    RecordedFile file_;
    std::vector<PlacedPart> parts_;
    std::size_t part_ = none;
    Ref<GBytes> moof_;             ///< of the part, moved, with the header of mdat
    Ref<GBytes> inserted_;         ///< parameter sets, or free space where the part has no room for them
    std::uint64_t insert_at_ = 0;  ///< in the part
};

}  // namespace rill::playback
