#include "yaml.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

namespace rill::config {
namespace {

/// Stops the parser; caught in parse_yaml().
struct Failure {
    int line = 0;
    int column = 0;
    std::string message;
};

int line_of(const yaml_mark_t& mark) {
    return static_cast<int>(mark.line) + 1;
}

int column_of(const yaml_mark_t& mark) {
    return static_cast<int>(mark.column) + 1;
}

std::string_view text_of(const yaml_char_t* text) {
    return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

struct Size {
    std::size_t nodes = 0;
    std::size_t text_bytes = 0;
};

/// How many containers lie in each other.
int height(const Node& node) {
    int highest = 0;
    for (const Node& item : node.items)
        highest = std::max(highest, height(item));
    for (const Entry& entry : node.entries)
        highest = std::max(highest, height(entry.value));
    return node.kind == Node::Kind::scalar ? 0 : highest + 1;
}

/// The event that was read last; freed when the next one is read.
class Events {
  public:
    explicit Events(std::string_view text) : text_(text) {
        if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;
    ~Events() {
        yaml_event_delete(&event_);
        yaml_parser_delete(&parser_);
    }

    const yaml_event_t& next() {
        yaml_event_delete(&event_);
        event_ = {};
        if (yaml_parser_parse(&parser_, &event_) == 0) throw failure();
        return event_;
    }

  private:
    Failure failure() const {
        if (parser_.error == YAML_MEMORY_ERROR) return {0, 0, "not enough memory to read it"};
        const std::string problem = parser_.problem == nullptr ? "not valid YAML" : parser_.problem;
        if (parser_.error == YAML_READER_ERROR) return at_offset(parser_.problem_offset, problem);
        const std::string context = parser_.context == nullptr ? "" : fmt::format("{}: ", parser_.context);
        return {line_of(parser_.problem_mark), column_of(parser_.problem_mark), context + problem};
    }

    /// The reader counts bytes, not lines.
    Failure at_offset(std::size_t offset, const std::string& problem) const {
        const std::string_view before = text_.substr(0, offset);
        const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
        return {static_cast<int>(std::ranges::count(before, '\n')) + 1,
                static_cast<int>(before.size() - line_start) + 1, problem};
    }

    std::string_view text_;
    yaml_parser_t parser_ = {};
    yaml_event_t event_ = {};
};

class Parser {
  public:
    Parser(std::string_view text, const YamlLimits& limits) : events_(text), limits_(limits) {}

    Node document() {
        Node root;
        events_.next();  // the start of the stream
        if (events_.next().type == YAML_STREAM_END_EVENT) return root;
        root = node(events_.next());
        events_.next();  // the end of the document
        const yaml_event_t& end = events_.next();
        if (end.type != YAML_STREAM_END_EVENT) fail(end, "only one document is allowed in the file");
        return root;
    }

  private:
    [[noreturn]] static void fail(const yaml_event_t& event, std::string message) {
        throw Failure{line_of(event.start_mark), column_of(event.start_mark), std::move(message)};
    }

    void count(const yaml_event_t& event, Size size) {
        total_.nodes += size.nodes;
        total_.text_bytes += size.text_bytes;
        if (total_.nodes > limits_.nodes || total_.text_bytes > limits_.text_bytes) {
            fail(event, "the document is too large, with all aliases counted");
        }
    }

    Node node(const yaml_event_t& event) {
        if (event.type == YAML_ALIAS_EVENT) return alias(event);
        const Size before = total_;
        count(event, {.nodes = 1});
        Node result;
        result.line = line_of(event.start_mark);
        result.column = column_of(event.start_mark);
        std::string anchor;
        if (event.type == YAML_SCALAR_EVENT) {
            anchor = text_of(event.data.scalar.anchor);
            result.quoted = event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
            result.text = scalar(event);
        } else {
            if (++depth_ > limits_.depth) fail(event, "nested too deeply");
            if (event.type == YAML_SEQUENCE_START_EVENT) {
                anchor = text_of(event.data.sequence_start.anchor);
                result.kind = Node::Kind::sequence;
                result.items = items();
            } else {
                anchor = text_of(event.data.mapping_start.anchor);
                result.kind = Node::Kind::mapping;
                result.entries = entries();
            }
            --depth_;
        }
        if (!anchor.empty()) {
            const Size size = {total_.nodes - before.nodes, total_.text_bytes - before.text_bytes};
            keep(anchor, result, size);
        }
        return result;
    }

    std::string scalar(const yaml_event_t& event) {
        const auto& data = event.data.scalar;
        const std::string_view text(reinterpret_cast<const char*>(data.value), data.length);
        if (text.find('\0') != std::string_view::npos) fail(event, "a zero byte is not allowed");
        count(event, {.text_bytes = text.size()});
        return std::string(text);
    }

    std::vector<Node> items() {
        std::vector<Node> result;
        for (;;) {
            const yaml_event_t& event = events_.next();
            if (event.type == YAML_SEQUENCE_END_EVENT) return result;
            result.push_back(node(event));
        }
    }

    std::vector<Entry> entries() {
        std::vector<Entry> result;
        std::vector<Node> merged;
        for (;;) {
            const yaml_event_t& event = events_.next();
            if (event.type == YAML_MAPPING_END_EVENT) break;
            if (event.type != YAML_SCALAR_EVENT) fail(event, "a key must be a text");
            const bool merge = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                               text_of(event.data.scalar.value) == "<<";
            Entry entry = {.key = scalar(event), .line = line_of(event.start_mark), .value = {}};
            count(event, {.nodes = 1});
            const yaml_event_t& value_event = events_.next();
            if (merge) {
                merged.push_back(merge_value(value_event));
                continue;
            }
            entry.value = node(value_event);
            result.push_back(std::move(entry));
        }
        if (!merged.empty()) merge_into(result, std::move(merged));
        return result;
    }

    /// A mapping or a sequence of mappings.
    Node merge_value(const yaml_event_t& event) {
        const int line = line_of(event.start_mark);
        const int column = column_of(event.start_mark);
        Node value = node(event);
        const auto is_mapping = [](const Node& n) { return n.kind == Node::Kind::mapping; };
        if (is_mapping(value)) return value;
        if (value.kind == Node::Kind::sequence && std::ranges::all_of(value.items, is_mapping)) return value;
        throw Failure{line, column, "only mappings can be merged with <<"};
    }

    /// What a mapping says itself wins, then the earlier of the merged ones.
    static void merge_into(std::vector<Entry>& entries, std::vector<Node> merged) {
        std::map<std::string, bool, std::less<>> known;
        for (const Entry& entry : entries)
            known.emplace(entry.key, true);
        const auto add_all = [&](Node& mapping) {
            for (Entry& entry : mapping.entries) {
                if (known.emplace(entry.key, true).second) entries.push_back(std::move(entry));
            }
        };
        for (Node& value : merged) {
            if (value.kind == Node::Kind::mapping) add_all(value);
            for (Node& item : value.items)
                add_all(item);
        }
    }

    void keep(const std::string& anchor, const Node& node, Size size) {
        total_.nodes += size.nodes;  // the copy
        total_.text_bytes += size.text_bytes;
        anchors_.insert_or_assign(anchor, Anchored{node, size, height(node)});
    }

    Node alias(const yaml_event_t& event) {
        const std::string_view name = text_of(event.data.alias.anchor);
        const auto found = anchors_.find(name);
        if (found == anchors_.end()) {
            fail(event, fmt::format("no anchor {} comes before this alias", in_quotes(name)));
        }
        if (depth_ + found->second.height > limits_.depth) fail(event, "nested too deeply");
        count(event, found->second.size);
        return found->second.node;
    }

    struct Anchored {
        Node node;
        Size size;
        int height;
    };

    Events events_;
    const YamlLimits limits_;
    std::map<std::string, Anchored, std::less<>> anchors_;
    Size total_;
    int depth_ = 0;
};

/// Keeps the first of equal keys, everywhere in the tree.
void drop_duplicates(Node& node, const std::string& prefix, const std::string& file, Problems& problems) {
    std::vector<const Entry*> sorted;
    for (const Entry& entry : node.entries)
        sorted.push_back(&entry);
    std::ranges::stable_sort(sorted, {}, [](const Entry* entry) -> const std::string& { return entry->key; });
    std::vector<bool> duplicate(node.entries.size());
    bool any = false;
    for (std::size_t i = 1, first = 0; i < sorted.size(); ++i) {
        if (sorted[i]->key != sorted[first]->key) {
            first = i;
            continue;
        }
        any = true;
        duplicate[static_cast<std::size_t>(sorted[i] - node.entries.data())] = true;
        problems.add({.file = file,
                      .line = sorted[i]->line,
                      .key = child_key(prefix, sorted[i]->key),
                      .message = fmt::format("duplicate key, first on line {}", sorted[first]->line)});
    }
    if (any) {
        std::vector<Entry> kept;
        for (std::size_t i = 0; i < node.entries.size(); ++i) {
            if (!duplicate[i]) kept.push_back(std::move(node.entries[i]));
        }
        node.entries = std::move(kept);
    }
    for (Entry& entry : node.entries) {
        if (entry.value.kind == Node::Kind::scalar) continue;
        drop_duplicates(entry.value, child_key(prefix, entry.key), file, problems);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (node.items[i].kind == Node::Kind::scalar) continue;
        drop_duplicates(node.items[i], fmt::format("{}[{}]", prefix, i), file, problems);
    }
}

}  // namespace

bool Node::is_null() const {
    constexpr std::array<std::string_view, 5> nulls = {"", "~", "null", "Null", "NULL"};
    return kind == Kind::scalar && !quoted && std::ranges::find(nulls, text) != nulls.end();
}

std::string_view Node::kind_name() const {
    switch (kind) {
        case Kind::scalar:
            return "a text";
        case Kind::sequence:
            return "a sequence";
        case Kind::mapping:
            return "a mapping";
    }
    return "";
}

const Entry* find(const Node& mapping, std::string_view key) {
    const auto found = std::ranges::find(mapping.entries, key, &Entry::key);
    return found == mapping.entries.end() ? nullptr : &*found;
}

Entry* find(Node& mapping, std::string_view key) {
    return const_cast<Entry*>(find(std::as_const(mapping), key));
}

Entry& find_or_add(Node& mapping, std::string_view key) {
    if (Entry* const found = find(mapping, key)) return *found;
    mapping.entries.push_back({.key = std::string(key), .line = 0, .value = {}});
    return mapping.entries.back();
}

void remove(Node& mapping, std::string_view key) {
    std::erase_if(mapping.entries, [key](const Entry& entry) { return entry.key == key; });
}

std::optional<Node> parse_yaml(std::string_view text, const std::string& file, Problems& problems,
                               const YamlLimits& limits) {
    if (text.size() > limits.file_bytes) {
        problems.add({.file = file, .message = fmt::format("larger than {} MB", limits.file_bytes >> 20)});
        return {};
    }
    try {
        Node root = Parser(text, limits).document();
        drop_duplicates(root, "", file, problems);
        return root;
    } catch (const Failure& failure) {
        problems.add(
            {.file = file, .line = failure.line, .column = failure.column, .message = failure.message});
        return {};
    }
}

std::optional<std::string> read_text_file(const std::string& file, Problems& problems,
                                          const YamlLimits& limits) {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::string text;
    std::array<char, 65536> block;
    while (stream && text.size() <= limits.file_bytes) {
        stream.read(block.data(), block.size());
        text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
    }
    if (!stream.is_open() || stream.bad()) {
        const std::string reason = std::generic_category().message(errno != 0 ? errno : EIO);
        problems.add({.file = file, .message = "cannot be read: " + reason});
        return {};
    }
    return text;
}

}  // namespace rill::config
