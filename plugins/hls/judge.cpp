#include "catch.hpp"
#include "testing.hpp"

#include <sstream>

namespace rill::hls::testing {

namespace {

std::string attribute(const std::string& line, const std::string& name) {
    auto at = line.find(name + "=");
    if (at == std::string::npos) return {};
    at += name.size() + 1;
    if (line[at] == '"') return line.substr(at + 1, line.find('"', at + 1) - at - 1);
    return line.substr(at, line.find(',', at) - at);
}

}  // namespace

Playlist::Playlist(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    std::string map;
    Entry entry;
    std::uint64_t sequence = 0;
    std::uint64_t discontinuities = 0;
    bool begun = false;
    const auto finish = [&] {
        entry.sequence = sequence++;
        entry.map = entry.gap ? "" : map;
        if (entry.discontinuity) ++discontinuities;
        entry.discontinuity_sequence = discontinuities;
        entries.push_back(std::exchange(entry, {}));
        begun = false;
    };
    while (std::getline(lines, line)) {
        const auto colon = line.find(':');
        const std::string tag = line.substr(0, colon);
        const std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
        if (!line.starts_with('#')) {
            entry.uri = line;
            finish();
        } else if (tag == "#EXT-X-PART") {
            entry.parts.push_back({attribute(value, "URI"), std::stod(attribute(value, "DURATION")),
                                   attribute(value, "INDEPENDENT") == "YES"});
            entry.parts_duration += entry.parts.back().duration;
            begun = true;
        } else if (tag == "#EXTINF") {
            entry.duration = std::stod(value);
        } else if (tag == "#EXT-X-MAP") {
            map = attribute(value, "URI");
        } else if (tag == "#EXT-X-PROGRAM-DATE-TIME") {
            entry.date = value;
        } else if (tag == "#EXT-X-GAP") {
            entry.gap = true;
        } else if (tag == "#EXT-X-DISCONTINUITY") {
            entry.discontinuity = true;
        } else if (tag == "#EXT-X-SKIP") {
            skipped = std::stoull(attribute(value, "SKIPPED-SEGMENTS"));
            sequence += skipped;
        } else if (tag == "#EXT-X-PRELOAD-HINT") {
            hint = attribute(value, "URI");
        } else {
            REQUIRE(header.emplace(tag, value).second);
            if (tag == "#EXT-X-MEDIA-SEQUENCE") sequence = std::stoull(value);
            if (tag == "#EXT-X-DISCONTINUITY-SEQUENCE") discontinuities = std::stoull(value);
        }
    }
    if (begun) finish();
}

const Playlist::Entry* Playlist::find(std::uint64_t sequence) const {
    for (const Entry& entry : entries)
        if (entry.sequence == sequence) return &entry;
    return nullptr;
}

void Judge::see(const std::string& text) {
    INFO(text);
    const Playlist playlist(text);
    see_header(playlist);
    double total = 0;
    std::string date;
    for (const auto& entry : playlist.entries) {
        see_entry(playlist, entry, &entry == &playlist.entries.back());
        total += std::max(entry.duration, entry.parts_duration);
        if (entry.date.empty()) continue;
        CHECK(entry.date > date);  // RFC 3339 in UTC sorts as text
        date = entry.date;
    }
    if (header_.contains("#EXT-X-PART-INF")) {
        const double target = std::stod(header_["#EXT-X-TARGETDURATION"]);
        CHECK(total >= 3 * target);
        CHECK_FALSE(playlist.hint.empty());
    }
}

void Judge::see_header(const Playlist& playlist) {
    auto header = playlist.header;
    const std::uint64_t media_sequence = std::stoull(header["#EXT-X-MEDIA-SEQUENCE"]);
    CHECK(media_sequence >= media_sequence_.value_or(0));
    media_sequence_ = media_sequence;
    const std::string text = header["#EXT-X-DISCONTINUITY-SEQUENCE"];
    const std::uint64_t discontinuity_sequence = text.empty() ? 0 : std::stoull(text);
    CHECK(discontinuity_sequence >= discontinuity_sequence_.value_or(0));
    discontinuity_sequence_ = discontinuity_sequence;
    // Everything else is promised once.
    header.erase("#EXT-X-MEDIA-SEQUENCE");
    header.erase("#EXT-X-DISCONTINUITY-SEQUENCE");
    if (header_.empty()) header_ = header;
    CHECK(header == header_);
    if (!header.contains("#EXT-X-PART-INF")) return;
    const double part_target = std::stod(attribute(header["#EXT-X-PART-INF"], "PART-TARGET"));
    const double hold_back = std::stod(attribute(header["#EXT-X-SERVER-CONTROL"], "PART-HOLD-BACK"));
    CHECK(hold_back == Approx(3 * part_target));
    CHECK(std::stod(attribute(header["#EXT-X-SERVER-CONTROL"], "CAN-SKIP-UNTIL")) >=
          6 * std::stod(header["#EXT-X-TARGETDURATION"]));
}

void Judge::see_entry(const Playlist& playlist, const Playlist::Entry& entry, bool last) {
    INFO("segment " << entry.sequence);
    const double target = std::stod(header_["#EXT-X-TARGETDURATION"]);
    CHECK(std::round(entry.duration) <= target);
    CHECK((entry.uri.empty() ? last : true));
    if (!entry.gap) CHECK_FALSE(entry.date.empty());
    if (header_.contains("#EXT-X-PART-INF")) {
        const double part_target = std::stod(attribute(header_["#EXT-X-PART-INF"], "PART-TARGET"));
        for (const auto& part : entry.parts) {
            INFO("part " << part.uri << " " << part.duration);
            if (!long_frames) CHECK(part.duration <= part_target);
            const bool final_part = &part == &entry.parts.back();
            if (!final_part && part.duration < 0.85 * part_target) ++short_parts;
        }
        // All parts are listed or none, or the oldest are gone.
        if (!entry.uri.empty() && !entry.parts.empty() && !entry.gap)
            CHECK(entry.parts_duration <= entry.duration + 0.001 * static_cast<double>(entry.parts.size()));
    }
    const auto known = known_.find(entry.sequence);
    if (known != known_.end()) {
        const auto& before = known->second;
        CHECK(entry.map == before.map);
        CHECK(entry.date == before.date);
        CHECK(entry.discontinuity == before.discontinuity);
        CHECK(entry.discontinuity_sequence == before.discontinuity_sequence);
        if (!before.uri.empty()) {
            CHECK(entry.uri == before.uri);
            CHECK(entry.duration == before.duration);
        }
        for (const auto& part : entry.parts) {
            for (const auto& old : before.parts) {
                if (part.uri == old.uri) CHECK(part.duration == old.duration);
            }
        }
    }
    known_[entry.sequence] = entry;
    // The part that was hinted at is the one that came.
    if (last && !entry.parts.empty() && !hint_.empty() && playlist.hint != hint_) {
        bool found = false;
        for (const auto& each : playlist.entries)
            for (const auto& part : each.parts)
                found = found || part.uri == hint_;
        CHECK(found);
    }
    if (last) hint_ = playlist.hint;
}

}  // namespace rill::hls::testing
