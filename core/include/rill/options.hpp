// Option tables: what a module can be told, and the checked values it gets.
#pragma once

#include <rill/result.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rill {

enum class Type {
    boolean = 1,  ///< yes/no/true/false
    integer,      ///< decimal, may be bounded by Option::minimum/maximum
    duration,     ///< "10s", "200ms", "1h30m", "1d" (Go's syntax and days)
    size,         ///< bytes: "50M", "64k", "1024" (powers of 1024)
    text,
    choice,   ///< one of Option::choices
    list,     ///< texts
    records,  ///< a sequence of mappings, each checked against Option::fields; in one line: JSON
};

/// One row of a table. All views point to static data of the module.
///
/// One rule names every option: `segmentCount` of module `hls` is `hlsSegmentCount` in the YAML (globally, in
/// pathDefaults, or in a path), `--hls-segment-count` on a command line and RILL_HLSSEGMENTCOUNT in the
/// environment.
struct Option {
    std::string_view name;  ///< lowerCamelCase, without the module's id
    Type type = Type::text;
    std::string_view
        fallback;          ///< in YAML notation; "" is an empty text or list, and must be valid otherwise
    std::string_view doc;  ///< one sentence
    std::span<const std::string_view> choices = {};
    std::span<const Option> fields = {};
    std::int64_t minimum = INT64_MIN;  ///< integer: itself; duration: milliseconds; size: bytes
    std::int64_t maximum = INT64_MAX;
    bool required = false;
    bool secret = false;  ///< never shown in logs, API answers and --print-config
};

/// The values of one table, complete: what was not set has its fallback. Immutable, cheap enough to copy.
/// Asking for a name that is not in the table, or as another type, is a programming error and aborts with the
/// name.
class Options {
  public:
    using Records = std::vector<Options>;
    using Value = std::variant<bool, std::int64_t, std::chrono::nanoseconds, std::string,
                               std::vector<std::string>, Records>;

    bool boolean(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;  ///< integer and size
    std::chrono::nanoseconds duration(std::string_view name) const;
    const std::string& text(std::string_view name) const;  ///< text and choice
    const std::vector<std::string>& list(std::string_view name) const;
    const Records& records(std::string_view name) const;
    bool contains(std::string_view name) const;

    /// Whether both have the same value there, or none.
    bool has_same(std::string_view name, const Options& other) const;

    void set(std::string_view name, Value value);
    /// All fallbacks of a table. Aborts on a fallback that its own row does not allow (the registry checks
    /// first).
    static Options defaults(std::span<const Option> table);

    bool operator==(const Options& other) const = default;

  private:
    std::map<std::string, Value, std::less<>> values_;
};

/// Parses one scalar (or comma-separated list) as the row says. The error names the value and what is
/// allowed, not the key.
Result<Options::Value> parse_option(const Option& option, std::string_view text);

Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
Result<std::int64_t> parse_size(std::string_view text);

/// "segmentCount" of "hls" → "hlsSegmentCount".
std::string option_key(std::string_view module, std::string_view option);

}  // namespace rill
