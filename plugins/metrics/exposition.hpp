// Prometheus' text format, version 0.0.4.
#pragma once

#include <rill/status.hpp>

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rill::metrics {

/// A label's value: backslash, quote and newline are escaped.
std::string label(std::string_view value);

/// The lines before the samples of a name, which must stand together.
void append_head(std::string& out, std::string_view name, std::string_view type, std::string_view help);

/// name{labels} value, or without braces when there are no labels.
template <class Value>
void append_sample(std::string& out, std::string_view name, std::string_view labels, Value value) {
    if (labels.empty()) {
        fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
    } else {
        fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, labels, value);
    }
}

/// One name, and its value of a thing.
template <class Thing, class Value = std::uint64_t>
struct Row {
    std::string_view name, type, help;
    Value (*value)(const Thing&);
};

/// A thing with the labels that it has in every row.
template <class Thing>
struct Labelled {
    std::string labels;
    const Thing* thing;
};

template <class Rows, class Thing>
void append_rows(std::string& out, const Rows& rows, const std::vector<Labelled<Thing>>& things) {
    for (const auto& row : rows) {
        append_head(out, row.name, row.type, row.help);
        for (const auto& each : things)
            append_sample(out, row.name, each.labels, row.value(*each.thing));
    }
}

/// A path's snapshot, and its name as a label's value.
struct ScrapedPath {
    std::shared_ptr<const PathStatus> status;
    std::string name;
};
using ScrapedPaths = std::vector<ScrapedPath>;

}  // namespace rill::metrics
