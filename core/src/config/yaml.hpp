// YAML as a tree that knows where everything was written.
#pragma once

#include "problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::config {

struct Entry;

/// The line of what was set through the API.
constexpr int api_line = -1;

/// One value. Only the member of its kind is filled.
struct Node {
    enum class Kind { scalar = 1, sequence, mapping };

    Kind kind = Kind::scalar;
    bool quoted = false;  ///< a scalar in quotes or as a block: never null
    int line = 0;         ///< from 1; 0: from the environment; or api_line
    int column = 0;
    std::string text;
    std::vector<Node> items;
    std::vector<Entry> entries;  ///< in the order of the file, each key once

    /// Nothing, ~ or null.
    bool is_null() const;
    /// "a text", "a sequence", "a mapping".
    std::string_view kind_name() const;
};

struct Entry {
    std::string key;
    int line = 0;
    Node value;
};

/// Of a mapping. Null: it has no such key.
const Entry* find(const Node& mapping, std::string_view key);
Entry* find(Node& mapping, std::string_view key);
/// Adds it with a null, and line 0.
Entry& find_or_add(Node& mapping, std::string_view key);
void remove(Node& mapping, std::string_view key);

/// What a document may cost. Aliases count as often as they are used.
struct YamlLimits {
    std::size_t file_bytes = 16 << 20;
    std::size_t nodes = 1'000'000;
    std::size_t text_bytes = 32 << 20;
    int depth = 32;
};

/// Parses one document. Anchors, aliases and merge keys (<<) are resolved. An empty document is a null
/// scalar. Nothing is returned when the syntax is wrong or a limit exceeded; duplicate keys are problems too,
/// but the tree is returned (with the first of each). `file` is only a name for messages.
std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Problems& problems,
                               const YamlLimits& limits = {});

/// The text of a file of at most `limits.file_bytes`.
std::optional<std::string> read_text_file(const std::string& file, Problems& problems,
                                          const YamlLimits& limits = {});

}  // namespace rill::config
