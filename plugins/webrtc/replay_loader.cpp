#include "replay_loader.hpp"

#include <rill/bytes.hpp>
#include <rill/recorded_codecs.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

namespace rill::webrtc {

namespace {

/// A file of ours has none: what says so is damaged.
constexpr std::uint32_t largest_part = 256u << 20;
/// What one turn on the archive's thread reads: others wait for it.
constexpr std::size_t turn_bytes = 1u << 20;
/// Between segments that go on: clocks waver.
constexpr std::int64_t seam_us = 200'000;
/// Segments in another codec that one turn passes over.
constexpr int most_passed = 256;

/// Without folders: what a stranger may read.
std::string name_of(const RecordedSegment& segment) {
    return segment.file.filename().string();
}

ReplayPart failed(const Error& error) {
    ReplayPart part;
    part.kind = ReplayPart::Kind::failed;
    part.error = error;
    return part;
}

bool is_of_index(const Result<std::vector<RecordedPart>>& parts) {
    return !parts && parts.error().code == Code::unavailable;
}

ReplayPart edge(const std::optional<RecordedSegment>& before, bool backwards) {
    ReplayPart part;
    if (before && !backwards) {
        part.still_open = before->open;
        part.before_us = before->time.end_us;
    }
    return part;
}

/// The last part with a keyframe that begins at or before a time; none: the size.
std::size_t keyframe_before(const std::vector<RecordedPart>& parts, std::int64_t time_us) {
    for (std::size_t at = parts.size(); at-- > 0;) {
        if (parts[at].keyframe && parts[at].time.start_us <= time_us) return at;
    }
    return parts.size();
}

std::size_t keyframe_after(const std::vector<RecordedPart>& parts, std::int64_t time_us) {
    const auto found = std::ranges::find_if(parts, [time_us](const RecordedPart& part) {
        return part.keyframe && part.time.start_us >= time_us;
    });
    return static_cast<std::size_t>(found - parts.begin());
}

}  // namespace

Result<std::vector<std::shared_ptr<const Format>>> formats_of(const RecordedSegment& segment) {
    if (segment.container != Container::fmp4) {
        return Error{Code::not_found, fmt::format("the recording {} is {} (recordFormat); only fmp4 is "
                                                  "played by time",
                                                  name_of(segment), to_string(segment.container))};
    }
    const auto file = RecordedFile::open(segment.file);
    if (!file) return file.error();
    auto init = file->read_init(segment.init_bytes);
    if (!init) return init.error();
    return cmaf::UnitReader(*std::move(init), segment.time.start_us).formats();
}

void ReplayLoader::seek(std::int64_t time_us, bool backwards, Done done) {
    run([this, time_us, backwards](ArchiveView& view) { return find(view, time_us, backwards); },
        std::move(done));
}

void ReplayLoader::next(Done done) {
    run([this](ArchiveView& view) { return follow(view); }, std::move(done));
}

void ReplayLoader::next_keyframe(std::int64_t time_us, bool backwards, Done done) {
    run([this, time_us, backwards](ArchiveView& view) { return find_keyframe(view, time_us, backwards); },
        std::move(done));
}

void ReplayLoader::run(Step step, Done done) {
    archive_.read(path_, [weak = weak_from_this(), step = std::move(step),
                          done = std::move(done)](ArchiveView& view) mutable {
        const auto self = weak.lock();
        if (!self) return;
        if (auto part = step(view)) return done(*std::move(part));
        self->run([raw = self.get()](ArchiveView&) { return raw->read_on(); }, std::move(done));
    });
}

ReplayPart ReplayLoader::skip(TimeRange time, Error error) {
    broken_ = true;
    end_us_ = time.end_us;
    reading_.reset();
    ReplayPart part;
    part.kind = ReplayPart::Kind::skipped;
    part.time = time;
    part.error = std::move(error);
    return part;
}

/// Stands before the segment's first part; or what to answer instead.
ReplayLoader::Found ReplayLoader::enter(ArchiveView& view, const RecordedSegment& segment) {
    auto parts = view.parts(segment);
    // The file may be good.
    if (is_of_index(parts)) return failed(parts.error());
    const auto opened = parts ? open(segment) : Result<>(parts.error());
    if (!opened) {
        place_.reset();
        return skip(segment.time, opened.error());
    }
    place_ = Place{segment, *std::move(parts), 0};
    return std::nullopt;
}

Result<> ReplayLoader::open(const RecordedSegment& segment) {
    if (place_ && place_->segment.id == segment.id) return ok();
    auto file = RecordedFile::open(segment.file);
    if (!file) return file.error();
    auto init = file->read_init(segment.init_bytes);
    if (!init) return init.error();
    file_ = *std::move(file);
    reader_.emplace(*std::move(init), segment.time.start_us);
    return ok();
}

/// The segment at a time, or the next one in the direction, that can be played.
ReplayLoader::Picked ReplayLoader::pick(ArchiveView& view, std::int64_t time_us, bool backwards) const {
    RecordedSegment passed;
    for (int hop = 0; hop < most_passed; ++hop) {
        auto segment = view.segment_at(time_us);
        if (!segment) return {{}, failed(segment.error())};
        if (!*segment) {
            const auto around = view.nearest(time_us);
            if (!around) return {{}, failed(around.error())};
            *segment = backwards ? around->before : around->after;
            if (!*segment) return {{}, edge(around->before, backwards)};
        }
        if (has_codec((*segment)->codecs, codec_)) return {*std::move(segment), {}};
        passed = **std::move(segment);
        time_us = backwards ? passed.time.start_us - 1 : passed.time.end_us;
    }
    ReplayPart part;
    part.kind = ReplayPart::Kind::skipped;
    part.time = passed.time;
    part.error = {Code::unsupported_media, fmt::format("the recording {} is of {}, not {}", name_of(passed),
                                                       passed.codecs, to_string(codec_))};
    return {{}, std::move(part)};
}

ReplayLoader::Found ReplayLoader::find(ArchiveView& view, std::int64_t time_us, bool backwards) {
    broken_ = false;
    auto [segment, instead] = pick(view, time_us, backwards);
    if (!segment) {
        if (instead.kind == ReplayPart::Kind::skipped) return skip(instead.time, instead.error);
        return instead;
    }
    if (auto other = enter(view, *segment)) return other;
    place_->part = keyframe_before(place_->parts, time_us);
    if (place_->part == place_->parts.size()) place_->part = 0;
    return give(time_us < segment->time.start_us || time_us >= segment->time.end_us);
}

/// Whether the open segment, of which everything was given, has more parts now.
Result<bool> ReplayLoader::grow(ArchiveView& view) {
    if (!place_ || !place_->segment.open) return false;
    const std::int64_t start_us = place_->segment.time.start_us;
    const std::size_t given = place_->parts.size();
    const auto now = view.segments({start_us, start_us + 1}, 16);
    if (!now) return now.error();
    const auto same = std::ranges::find(*now, place_->segment.id, &RecordedSegment::id);
    if (same == now->end()) return false;
    auto parts = view.parts(*same);
    if (is_of_index(parts)) return parts.error();
    // Deleted in between: there is nothing more of it.
    if (!parts) return false;
    place_ = Place{*same, *std::move(parts), given};
    return given < place_->parts.size();
}

ReplayLoader::Found ReplayLoader::follow(ArchiveView& view) {
    const bool from_keyframe = std::exchange(broken_, false);
    if (place_) ++place_->part;
    bool here = place_ && place_->part < place_->parts.size();
    if (!here) {
        const auto grown = grow(view);
        if (!grown) {
            broken_ = from_keyframe;
            return failed(grown.error());
        }
        here = *grown;
    }
    if (here && from_keyframe) {
        place_->part = keyframe_after(place_->parts, place_->parts[place_->part].time.start_us);
        here = place_->part < place_->parts.size();
    }
    if (here) return give(from_keyframe);

    const auto stay = [&](ReplayPart part) {
        if (place_) place_->part = place_->parts.empty() ? 0 : place_->parts.size() - 1;
        broken_ = from_keyframe;
        return part;
    };
    auto [segment, instead] = pick(view, end_us_, false);
    if (segment && place_ && segment->id == place_->segment.id) {
        // Its last part ends a little before it does.
        auto after = pick(view, segment->time.end_us, false);
        segment = std::move(after.segment);
        instead = std::move(after.instead);
    }
    if (!segment) {
        if (instead.kind == ReplayPart::Kind::skipped) return skip(instead.time, instead.error);
        return stay(std::move(instead));
    }
    const std::int64_t end_us = end_us_;
    if (auto other = enter(view, *segment)) {
        if (other->kind == ReplayPart::Kind::failed) return stay(*std::move(other));
        return other;
    }
    // Where recordings overlap, what was shown already is not shown again.
    place_->part = keyframe_after(place_->parts, end_us - seam_us);
    if (place_->part == place_->parts.size()) place_->part = 0;
    const bool gap =
        place_->part < place_->parts.size() && place_->parts[place_->part].time.start_us - end_us > seam_us;
    return give(gap || from_keyframe);
}

ReplayLoader::Found ReplayLoader::find_keyframe(ArchiveView& view, std::int64_t time_us, bool backwards) {
    broken_ = false;
    std::string name;
    // In the segment at the time, else in the one beside it.
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto [segment, instead] = pick(view, time_us, backwards);
        if (!segment) {
            if (instead.kind == ReplayPart::Kind::skipped) return skip(instead.time, instead.error);
            return instead;
        }
        name = name_of(*segment);
        const std::int64_t away_us =
            backwards ? time_us - segment->time.end_us : segment->time.start_us - time_us;
        if (auto other = enter(view, *segment)) return other;
        place_->part =
            backwards ? keyframe_before(place_->parts, time_us) : keyframe_after(place_->parts, time_us);
        if (place_->part < place_->parts.size()) return give(away_us > seam_us);
        time_us = backwards ? segment->time.start_us - 1 : segment->time.end_us;
    }
    return skip({time_us, time_us},
                {Code::unsupported_media, fmt::format("the recording {} has no keyframe there", name)});
}

ReplayLoader::Found ReplayLoader::give(bool jumped) {
    // One that has just begun is not seen before its first part is there.
    if (place_->part >= place_->parts.size())
        return skip(place_->segment.time, file_.damaged("the index knows no part of it"));
    const RecordedPart& stored = place_->parts[place_->part];
    if (stored.bytes > largest_part) return skip(stored.time, file_.damaged("a part is too long"));
    jumped_ = jumped;
    reading_ = Reading{stored, std::vector<std::uint8_t>(stored.bytes), 0};
    return read_on();
}

ReplayLoader::Found ReplayLoader::read_on() {
    const RecordedPart stored = reading_->part;
    const std::size_t count = std::min(turn_bytes, reading_->bytes.size() - reading_->have);
    const std::span<std::uint8_t> into(reading_->bytes.data() + reading_->have, count);
    if (auto read = file_.read(stored.offset + reading_->have, into); !read)
        return skip(stored.time, read.error());
    reading_->have += count;
    if (reading_->have < reading_->bytes.size()) return std::nullopt;

    auto units = reader_->units(to_bytes(std::exchange(reading_->bytes, {})));
    reading_.reset();
    if (!units) return skip(stored.time, file_.damaged(units.error().message));
    end_us_ = stored.time.end_us;
    ReplayPart part;
    part.kind = ReplayPart::Kind::units;
    part.time = stored.time;
    part.jumped = jumped_;
    part.units = *std::move(units);
    return part;
}

}  // namespace rill::webrtc
