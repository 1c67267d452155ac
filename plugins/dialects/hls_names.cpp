#include "hls_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::dialects {

namespace {

constexpr std::string_view playlist_end = "_stream.m3u8";
constexpr std::string_view session_key = "?session=";

/// Takes the next line off.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The number in "segment7.ts", with whichever words around it. Nothing: it is none.
std::optional<std::string_view> number_in(std::string_view name, std::string_view before) {
    constexpr std::string_view after = ".ts";
    if (!name.starts_with(before) || !name.ends_with(after)) return std::nullopt;
    if (name.size() <= before.size() + after.size()) return std::nullopt;
    const auto number = name.substr(before.size(), name.size() - before.size() - after.size());
    const bool is_number = std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
    return is_number ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<Presentation> find_presentation(std::string_view multivariant) {
    while (!multivariant.empty()) {
        const std::string_view line = take_line(multivariant);
        if (line.empty() || line.starts_with('#')) continue;
        const auto query = line.find('?');
        const std::string_view name = line.substr(0, query);
        const bool is_here = name.ends_with(playlist_end) && name.find('/') == std::string_view::npos;
        if (!is_here) return std::nullopt;
        Presentation found{std::string(name.substr(0, name.size() - playlist_end.size())), ""};
        if (query != std::string_view::npos && line.substr(query).starts_with(session_key))
            found.session = line.substr(query + session_key.size());
        return found;
    }
    return std::nullopt;
}

std::string to_known_names(std::string_view playlist, const Presentation& presentation) {
    const std::string session = fmt::format("{}{}", session_key, presentation.session);
    const std::string segment = presentation.id + "_seg";
    std::string out;
    out.reserve(playlist.size());
    while (!playlist.empty()) {
        const std::string_view line = take_line(playlist);
        std::string text(line);
        if (const auto at = text.find(session); at != std::string::npos) text.erase(at, session.size());
        if (const auto number = number_in(text, segment)) text = fmt::format("segment{}.ts", *number);
        out += text;
        out += '\n';
    }
    return out;
}

std::string to_sink_name(std::string_view file, const Presentation& presentation) {
    if (const auto number = number_in(file, "segment"))
        return fmt::format("{}_seg{}.ts", presentation.id, *number);
    return std::string(file);
}

}  // namespace rill::dialects
