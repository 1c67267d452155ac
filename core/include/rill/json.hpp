// JSON answers and small JSON bodies (RFC 8259).
#pragma once

#include <rill/result.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rill {

/// One JSON value, with the values in it.
///
/// Reading never fails: what is missing or of another type is a null or an empty optional, so
/// `body["offer"]["sdp"].text()` needs one check.
class Json {
  public:
    using Member = std::pair<std::string, Json>;

    Json() = default;  ///< null
    Json(std::nullptr_t) {}
    Json(bool value) : value_(value) {}
    /// Beyond int64 the value becomes a double.
    template <std::integral T>
    Json(T value) {
        if (std::in_range<std::int64_t>(value)) {
            value_ = static_cast<std::int64_t>(value);
        } else {
            value_ = static_cast<double>(value);
        }
    }
    /// What JSON cannot write (infinity, not-a-number) is written as null.
    Json(double value) : value_(value) {}
    /// Bytes that are no UTF-8 are written as U+FFFD.
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(const char* value) : value_(std::string(value)) {}
    /// An object of members with different names.
    explicit Json(std::vector<Member> members);

    static Json object();
    static Json array();

    /// Sets a member; the order of the first set is kept. Makes an object of what is none.
    Json& set(std::string_view key, Json value) &;
    Json&& set(std::string_view key, Json value) &&;
    /// Makes an array of what is none.
    Json& append(Json value) &;
    Json&& append(Json value) &&;

    bool is_null() const;
    bool is_object() const;
    bool is_array() const;
    std::optional<bool> boolean() const;
    std::optional<std::int64_t> integer() const;  ///< no fractions: 1.0 is no integer
    std::optional<double> number() const;         ///< integers too
    std::optional<std::string> text() const;

    /// The member, or null.
    const Json& operator[](std::string_view key) const;
    bool contains(std::string_view key) const;
    std::span<const Member> members() const;  ///< empty if this is no object
    std::span<const Json> items() const;      ///< empty if this is no array

    /// One line, without blanks. Always a valid document.
    std::string dump() const;

    /// Arrays and objects may be nested this deep.
    static constexpr unsigned depth_limit = 64;
    /// Of repeated keys the last counts. Error: invalid_config with the line and what is wrong there.
    static Result<Json> parse(std::string_view text);

    bool operator==(const Json& other) const = default;

  private:
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;

    void write(std::string& out) const;

    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_ = nullptr;
};

}  // namespace rill
