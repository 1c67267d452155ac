#include "resource.hpp"

#include <rill/archive.hpp>

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace rill::playback {
namespace {

/// Takes a number and what must follow it off the text.
template <class Number>
bool take(std::string_view& text, Number& number, std::string_view behind) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(behind)) return false;
    text.remove_prefix(behind.size());
    return true;
}

}  // namespace

void append_uri(std::string& text, const Resource& resource, const Links& links) {
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "{}/{}_", links.folder, resource.file_start_us);
    if (resource.end_byte == 0) {
        text += "init";
    } else if (resource.end_byte == Resource::one_part) {
        fmt::format_to(out, "{}-part", resource.first_byte);
    } else {
        fmt::format_to(out, "{}-{}", resource.first_byte, resource.end_byte);
    }
    fmt::format_to(out, ".mp4{}", links.suffix);
}

std::optional<Resource> parse_resource(std::string_view name) {
    Resource resource;
    if (!take(name, resource.file_start_us, "_")) return std::nullopt;
    if (resource.file_start_us < all_time.start_us || resource.file_start_us >= all_time.end_us)
        return std::nullopt;
    if (name == "init.mp4") return resource;
    if (!take(name, resource.first_byte, "-")) return std::nullopt;
    resource.end_byte = Resource::one_part;
    if (name == "part.mp4") return resource;
    const bool whole = take(name, resource.end_byte, ".mp4") && name.empty();
    if (!whole || resource.end_byte <= resource.first_byte) return std::nullopt;
    return resource;
}

}  // namespace rill::playback
