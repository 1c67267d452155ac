// What each kind of file is called, and what its bytes look like.
#pragma once

#include <rill/archive.hpp>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace rill::record {

inline constexpr std::array<std::pair<Container, std::string_view>, 3> extensions{{
    {Container::fmp4, ".mp4"},
    {Container::mpegts, ".ts"},
    {Container::matroska, ".mkv"},
}};

constexpr std::string_view extension_of(Container container) {
    for (const auto& [known, extension] : extensions) {
        if (known == container) return extension;
    }
    return {};
}

/// By its name; empty for a file that is none of ours.
constexpr std::optional<Container> container_of(std::string_view file) {
    for (const auto& [container, extension] : extensions) {
        if (file.ends_with(extension)) return container;
    }
    return std::nullopt;
}

}  // namespace rill::record
