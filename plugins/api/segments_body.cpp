#include "segments_body.hpp"

#include "go_time.hpp"

#include <rill/json.hpp>

#include <algorithm>
#include <utility>

namespace rill::api {

SegmentsBody::SegmentsBody(Archive& archive, std::vector<std::string> paths, std::string before,
                           std::string after)
    : archive_(archive),
      paths_(std::move(paths)),
      after_(std::move(after)),
      cursor_(all_time),
      text_(std::move(before)) {
    if (paths_.empty()) {
        text_ += after_;
    } else {
        begin_path();
    }
}

void SegmentsBody::begin_path() {
    text_ += (path_ == 0 ? "" : ",") + Json::object().set("name", paths_[path_]).dump();
    text_.back() = ',';  // of the object
    text_ += "\"segments\":[";
    cursor_ = SegmentCursor(all_time);
    is_first_ = true;
}

void SegmentsBody::read(std::uint64_t, std::size_t at_most, Done done) {
    const bool has_text = has_looked_ && sent_ < text_.size();
    if (has_text || path_ == paths_.size()) return hand_out(at_most, done);
    archive_.read(paths_[path_],
                  [this, at_most, done = std::move(done)](ArchiveView& view) { look(view, at_most, done); });
}

void SegmentsBody::look(ArchiveView& view, std::size_t at_most, const Done& done) {
    if (std::exchange(has_looked_, true)) {
        text_.clear();
        sent_ = 0;
    }
    const auto appended = append_turn(view);
    if (!appended) return done(appended.error());
    hand_out(at_most, done);
}

Result<> SegmentsBody::append_turn(ArchiveView& view) {
    const auto segments = cursor_.next(view, segments_a_turn);
    if (!segments) return segments.error();
    for (const RecordedSegment& segment : *segments) {
        text_ += std::exchange(is_first_, false) ? "{\"start\":\"" : ",{\"start\":\"";
        text_ += go_time(segment.time.start_us) + "\"}";
    }
    if (segments->size() == segments_a_turn) return ok();
    text_ += "]}";
    ++path_;
    if (path_ < paths_.size()) {
        begin_path();
    } else {
        text_ += after_;
    }
    return ok();
}

void SegmentsBody::hand_out(std::size_t at_most, const Done& done) {
    const std::size_t bytes = std::min(at_most, text_.size() - sent_);
    Piece piece;
    if (bytes > 0) piece.push_back(Ref<GBytes>::adopt(g_bytes_new(text_.data() + sent_, bytes)));
    sent_ += bytes;
    done(std::move(piece));
}

}  // namespace rill::api
