#include "presentation.hpp"

#include "answers.hpp"
#include "sessions.hpp"

#include <charconv>
#include <chrono>
#include <utility>

namespace rill::hls {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned id_digits = 12;
constexpr std::size_t held_limit = 1024;
/// How long the first playlist waits for a picture.
constexpr Nanoseconds start_limit = seconds(15);
/// Without parts, a player can start with so many. With parts: as soon as there is what it holds back.
constexpr std::size_t start_segments = 2;

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// 12 of "part12.mp4".
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix,
                                       std::string_view suffix) {
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
    if (name.size() < prefix.size() + suffix.size()) return std::nullopt;
    return parse_number(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
}

std::string_view parameter(const http::Request& request, const std::string& name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

Presentation::Presentation(const Clock& clock, std::shared_ptr<SegmentFiles> files,
                           std::string_view segment_extension)
    : clock_(clock),
      files_(std::move(files)),
      names_{random_hex(id_digits), segment_extension},
      held_(held_limit) {}

Window& Presentation::begin(const WindowRules& rules, double frame_rate) {
    frame_rate_ = frame_rate;
    return window_.emplace(rules, [files = files_](const std::shared_ptr<Segment>& segment) {
        if (files) files->keep(segment);
    });
}

void Presentation::changed() {
    held_.settle();
}

void Presentation::tick() {
    held_.expire(clock_.now());
}

void Presentation::end(const Error& error) {
    held_.refuse_all(error);
}

bool Presentation::playable() const {
    if (!window_) return false;
    const Nanoseconds part_target = window_->rules().part_target;
    if (part_target == Nanoseconds(0)) return window_->closed_with_content() >= start_segments;
    return window_->content() >= part_hold_back(window_->rules());
}

void Presentation::hold(std::function<bool()> ready, std::function<void()> answer, const Reply& reply,
                        Nanoseconds limit) {
    held_.hold({std::move(ready), std::move(answer),
                [reply](const Error& error) { reply(http::Response::error(error)); }, clock_.now() + limit});
}

Nanoseconds Presentation::reload_limit() const {
    return window_ ? 3 * window_->rules().target_duration : start_limit;
}

void Presentation::index(const std::string& suffix, Offer offer, const Reply& reply) {
    const auto answer = [this, suffix, offer = std::move(offer), reply] {
        std::vector<VariantStream> variants;
        if (const Format* lead = lead_format(*window_)) variants = offer(*lead, frame_rate_);
        reply(playlist_answer(multivariant_playlist(*window_, names_, frame_rate_, variants, suffix)));
    };
    // Some content is enough to describe it: the player prepares itself while the media playlist is held.
    hold([this] { return window_ && window_->content() > Nanoseconds(0); }, answer, reply, start_limit);
}

void Presentation::serve(std::string_view name, const http::Request& request, const std::string& suffix,
                         const Reply& reply) {
    const std::string range(request.header("range"));
    if (name == names_.media() || name == "stream.m3u8") {
        media(request, suffix, reply);
        return;
    }
    if (window_ && name.starts_with(names_.id + "_")) {
        name.remove_prefix(names_.id.size() + 1);
        if (const auto number = number_in(name, "part", ".mp4")) {
            part(*number, range, reply);
            return;
        }
        const std::string extension = "." + std::string(names_.extension);
        if (const auto number = number_in(name, "seg", extension)) {
            if (const auto segment = window_->find_segment(*number)) {
                const auto type = names_.extension == "ts" ? "video/mp2t" : "video/mp4";
                reply(media_answer(type, segment->media(), range));
                return;
            }
        }
        if (const auto number = number_in(name, "init", ".mp4")) {
            if (const auto init = window_->find_init(*number)) {
                reply(media_answer("video/mp4", in_memory({init->bytes}), range));
                return;
            }
        }
    }
    reply(http::Response::error(
        {Code::not_found, "no such file: it is too old, or of a stream that ended; load index.m3u8 again"}));
}

void Presentation::part(std::uint64_t number, const std::string& range, const Reply& reply) {
    const auto answer = [this, number, range, reply] {
        const auto found = window_->find_part(number);
        reply(found ? media_answer("video/mp4", *found, range)
                    : http::Response::error({Code::not_found, "this part is too old"}));
    };
    // Only the part of EXT-X-PRELOAD-HINT may be asked for before it exists (§6.2.6).
    if (number > window_->next_part()) {
        reply(http::Response::error({Code::not_found, "this part is not hinted at yet"}));
        return;
    }
    hold([this, number] { return number < window_->next_part(); }, answer, reply, reload_limit());
}

void Presentation::media(const http::Request& request, const std::string& suffix, const Reply& reply) {
    const auto bad_request = [&reply](const char* message) {
        reply(http::Response::error({Code::invalid_config, message}));
    };
    const std::string_view sequence_text = parameter(request, "_HLS_msn");
    const std::string_view part_text = parameter(request, "_HLS_part");
    const std::string_view skip_text = parameter(request, "_HLS_skip");
    const bool skip = skip_text == "YES" || skip_text == "v2";
    const auto answer = [this, suffix, reply, skip] {
        reply(playlist_answer(media_playlist(*window_, names_, skip, suffix)));
    };
    const bool blocking = window_ && window_->rules().part_target > Nanoseconds(0);
    if (!blocking || (sequence_text.empty() && part_text.empty())) {
        hold([this] { return playable(); }, answer, reply, start_limit);
        return;
    }
    const auto sequence = parse_number(sequence_text);
    const auto part = parse_number(part_text);
    if (!sequence) return bad_request("_HLS_msn is missing or no number");
    if (!part && !part_text.empty()) return bad_request("_HLS_part is no number");
    const Position position{*sequence, part};
    if (too_far(position)) return bad_request("_HLS_msn or _HLS_part is too far ahead");
    hold([this, position] { return playable() && contains(position); }, answer, reply, reload_limit());
}

const Segment* Presentation::listed(std::uint64_t sequence) const {
    for (const auto& segment : window_->segments())
        if (segment->sequence == sequence) return segment.get();
    return nullptr;
}

/// §6.2.5.2: whether the playlist has this already, or no longer.
bool Presentation::contains(Position position) const {
    const Segment* segment = listed(position.sequence);
    if (segment != nullptr && segment->closed && position.part && *position.part >= segment->parts.size()) {
        // Beyond the last part of a segment: part 0 of the next.
        position = {position.sequence + 1, 0};
        segment = listed(position.sequence);
    }
    if (segment == nullptr) return position.sequence < window_->next_sequence();
    return segment->closed || (position.part && *position.part < segment->parts.size());
}

/// §6.2.5.2: what no player asks for that follows the playlist.
bool Presentation::too_far(const Position& position) const {
    const std::uint64_t next = window_->next_sequence();
    if (position.sequence > next + 1) return true;
    if (!position.part || position.sequence + 1 < next) return false;
    const Nanoseconds part_target = window_->rules().part_target;
    const auto advance = part_target < seconds(1) ? static_cast<std::uint64_t>(seconds(3) / part_target) : 3U;
    const Segment* segment = listed(position.sequence);
    return *position.part > (segment != nullptr ? segment->parts.size() : 0) + advance;
}

}  // namespace rill::hls
