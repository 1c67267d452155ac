// A folder for an index, and segments to put into it.
#pragma once

#include "catch.hpp"
#include "index.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace rill::record::testing {

constexpr std::int64_t second = 1'000'000;
/// 2026-01-08T10:00:00Z
constexpr std::int64_t morning = 1'767'866'400 * second;

class Folder : public test::TemporaryFolder {
  public:
    std::filesystem::path file() const { return path() / Index::file_name; }
    std::filesystem::path damaged() const { return path() / "index.rill.db.damaged"; }
};

/// The value of what must not fail.
template <class T>
T need(Result<T> result) {
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result);
    return std::move(*result);
}

inline Index open(const Folder& folder) {
    return std::move(need(Index::open(folder.file())).index);
}

/// Ten seconds of cam1 in ten parts that begins `at` seconds after the morning, in chain 1.
inline Segment ten_seconds(std::int64_t at, const std::string& path = "cam1") {
    Segment segment;
    segment.path = path;
    segment.file = fmt::format("{}/{}.mp4", path, at);
    segment.start_us = morning + at * second;
    segment.end_us = segment.start_us + 10 * second;
    segment.init_bytes = 1000;
    segment.bytes = 1000;
    segment.chain = 1;
    segment.codecs = "avc1.64001f,mp4a.40.2";
    for (std::uint32_t i = 0; i < 10; ++i) {
        segment.parts.push_back({1'000'000 + i % 3, 200'000 - i, i % 2 == 0});
        segment.bytes += segment.parts.back().bytes;
    }
    return segment;
}

inline std::size_t add(Index& index, const std::vector<Segment>& segments) {
    return need(index.add(segments));
}

/// "0-30 40-50": the spans of a path in seconds after the morning.
inline std::string spans(Index& index, const std::string& path = "cam1", std::int64_t from = -1'000'000,
                         std::int64_t to = 1'000'000) {
    std::string text;
    for (const Span& span : need(index.spans(path, morning + from * second, morning + to * second))) {
        if (!text.empty()) text += ' ';
        text += fmt::format("{}-{}", (span.start_us - morning) / second, (span.end_us - morning) / second);
    }
    return text;
}

/// The file that holds a time, "-" for none.
inline std::string file_at(Index& index, std::int64_t at, const std::string& path = "cam1") {
    const auto found = need(index.segment_at(path, morning + at * second));
    return found ? found->file : "-";
}

inline std::string files(const std::vector<Segment>& segments) {
    std::string text;
    for (const Segment& segment : segments)
        text += (text.empty() ? "" : " ") + segment.file;
    return text;
}

inline std::string file_of(const std::optional<Segment>& segment) {
    return segment ? segment->file : "-";
}

}  // namespace rill::record::testing
