#include "sdp_line.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::webrtc {

namespace {

constexpr std::size_t max_text = 64 * 1024;
constexpr std::size_t max_lines = 2048;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool within(std::string_view text, std::size_t minimum, std::size_t maximum) {
    return text.size() >= minimum && text.size() <= maximum;
}

}  // namespace

Result<std::vector<SdpLine>> split_sdp(std::string_view text) {
    if (text.size() > max_text)
        return Error{Code::invalid_config, fmt::format("the SDP is larger than {} bytes", max_text)};
    std::vector<SdpLine> lines;
    unsigned number = 0;
    while (!text.empty()) {
        std::string_view line = take_word(text, '\n');
        ++number;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty()) continue;
        const bool printable = std::none_of(line.begin(), line.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        });
        if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z' || !printable)
            return Error{Code::invalid_config, fmt::format("SDP line {} is not of the form x=value", number)};
        if (lines.size() == max_lines)
            return Error{Code::invalid_config, fmt::format("the SDP has more than {} lines", max_lines)};
        lines.push_back({line[0], line.substr(2), number});
    }
    return lines;
}

std::string_view take_word(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::string to_upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

std::string to_lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::optional<std::string_view> attribute(std::string_view line, std::string_view name) {
    if (!line.starts_with(name)) return std::nullopt;
    line.remove_prefix(name.size());
    if (line.empty()) return line;
    if (line.front() != ':') return std::nullopt;
    return line.substr(1);
}

bool is_token(std::string_view text, std::size_t minimum, std::size_t maximum) {
    static constexpr std::string_view marks = "!#$%&'*+-.^_`{|}~";
    return within(text, minimum, maximum) && std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
           });
}

bool is_ice_string(std::string_view text, std::size_t minimum, std::size_t maximum) {
    return within(text, minimum, maximum) && std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || c == '+' || c == '/';
           });
}

}  // namespace rill::webrtc
