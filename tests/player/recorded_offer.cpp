#include "recorded_offer.hpp"

#include <algorithm>

namespace rill::test {

namespace {

constexpr std::string_view ufrag_line = "a=ice-ufrag:";
constexpr std::string_view password_line = "a=ice-pwd:";
constexpr std::string_view fingerprint_line = "a=fingerprint:";
constexpr std::string_view setup_line = "a=setup:";
constexpr std::string_view candidate_line = "a=candidate:";
constexpr std::string_view group_line = "a=group:BUNDLE";
constexpr std::string_view mid_line = "a=mid:";
constexpr std::string_view section_line = "m=";

std::vector<std::string_view> lines_of(std::string_view sdp) {
    std::vector<std::string_view> lines;
    while (!sdp.empty()) {
        const std::size_t end = sdp.find('\n');
        std::string_view line = sdp.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (!line.empty()) lines.push_back(line);
        if (end == std::string_view::npos) break;
        sdp.remove_prefix(end + 1);
    }
    return lines;
}

void note_first(std::string& value, std::string_view line, std::string_view name) {
    if (value.empty() && line.starts_with(name)) value = line.substr(name.size());
}

}  // namespace

Identity identity_of(std::string_view sdp) {
    Identity identity;
    int sections = 0;
    for (const std::string_view line : lines_of(sdp)) {
        if (line.starts_with(section_line)) ++sections;
        note_first(identity.ufrag, line, ufrag_line);
        note_first(identity.password, line, password_line);
        note_first(identity.fingerprint, line, fingerprint_line);
        if (sections == 1 && line.starts_with(candidate_line)) identity.candidates.emplace_back(line);
    }
    return identity;
}

std::string with_identity(std::string_view recorded, const Identity& identity) {
    std::string text;
    const auto write = [&text](std::string_view name, std::string_view value = {}) {
        text.append(name).append(value).append("\r\n");
    };
    int sections = 0;
    const auto write_candidates_at_end_of_first = [&] {
        if (sections != 1) return;
        for (const std::string& candidate : identity.candidates)
            write(candidate);
    };
    for (const std::string_view line : lines_of(recorded)) {
        if (line.starts_with(section_line)) {
            write_candidates_at_end_of_first();
            ++sections;
        }
        if (line.starts_with(candidate_line) || line == "a=end-of-candidates") continue;
        if (line.starts_with(ufrag_line)) {
            write(ufrag_line, identity.ufrag);
        } else if (line.starts_with(password_line)) {
            write(password_line, identity.password);
        } else if (line.starts_with(fingerprint_line)) {
            write(fingerprint_line, identity.fingerprint);
        } else {
            write(line);
        }
    }
    write_candidates_at_end_of_first();
    return text;
}

std::string as_webrtcbin_wants_it(std::string_view sdp) {
    const auto lines = lines_of(sdp);
    std::vector<std::string_view> transport;
    for (const std::string_view name : {ufrag_line, password_line, fingerprint_line, setup_line}) {
        const auto found = std::find_if(lines.begin(), lines.end(),
                                        [name](std::string_view line) { return line.starts_with(name); });
        if (found != lines.end()) transport.push_back(*found);
    }
    std::string mids;
    bool is_data = false;
    for (const std::string_view line : lines) {
        if (line.starts_with(section_line)) is_data = line.starts_with("m=application");
        if (line.starts_with(mid_line) && !is_data) mids.append(" ").append(line.substr(mid_line.size()));
    }
    std::string text;
    std::string section;
    const auto finish_section = [&] {
        const bool lacks_it = section.find(ufrag_line) == std::string::npos;
        if (section.starts_with(section_line) && lacks_it) {
            for (const std::string_view line : transport)
                section.append(line).append("\r\n");
        }
        if (!section.starts_with("m=application")) text += section;
        section.clear();
    };
    for (const std::string_view line : lines) {
        if (line.starts_with(section_line)) finish_section();
        if (line.starts_with(group_line)) {
            section.append(group_line).append(mids).append("\r\n");
            continue;
        }
        const std::size_t port = line.starts_with(section_line) ? line.find(" 0 ") : std::string_view::npos;
        if (port == std::string_view::npos) {
            section.append(line).append("\r\n");
        } else {
            section.append(line.substr(0, port)).append(" 9 ").append(line.substr(port + 3)).append("\r\n");
        }
    }
    finish_section();
    return text;
}

std::vector<std::string> sections_of(std::string_view sdp) {
    std::vector<std::string> kinds;
    for (const std::string_view line : lines_of(sdp)) {
        if (!line.starts_with(section_line)) continue;
        kinds.emplace_back(line.substr(section_line.size(), line.find(' ') - section_line.size()));
    }
    return kinds;
}

std::vector<bool> accepted_sections(std::string_view answer) {
    std::vector<bool> accepted;
    for (const std::string_view line : lines_of(answer)) {
        if (line.starts_with(section_line)) accepted.push_back(line.find(" 0 ") == std::string_view::npos);
    }
    return accepted;
}

}  // namespace rill::test
