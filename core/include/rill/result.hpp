// What a call that can fail returns: a value, or an error that a person can act on.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace rill {

/// The few kinds of failure that callers tell apart. http_status() maps each to its HTTP status in one place.
enum class Code {
    invalid_config = 1,  ///< 400: the caller asked for something malformed or impossible
    unauthorized,        ///< 401
    not_found,           ///< 404
    method_not_allowed,  ///< 405
    not_acceptable,      ///< 406: nothing that both sides can use (no common codec)
    conflict,            ///< 409
    too_large,           ///< 413
    unsupported_media,   ///< 415
    too_many,            ///< 429
    internal,            ///< 500
    unavailable,         ///< 503
    timeout,             ///< 504
};

/// The HTTP status of a code (RFC 9110 §15).
int http_status(Code code);
/// "not_found", for logs and metrics.
std::string_view to_string(Code code);

/// The message says what is wrong, where, and what to do about it; it never holds a secret.
struct Error {
    Code code;
    std::string message;
};

struct Unit {};

/// Either a T or an Error. Like std::expected (C++23), with the part of its interface that is used here.
/// Reading the side that is not there is a programming error and aborts (std::get's exception is not caught).
template <class T = Unit>
class [[nodiscard]] Result {
  public:
    template <class U = T>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, Error>)
        Result(U&& value)  // NOLINT(bugprone-forwarding-reference-overload): errors are excluded above
        : state_(std::in_place_index<0>, std::forward<U>(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const { return state_.index() == 0; }
    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }
    const Error& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

inline Result<> ok() {
    return Unit{};
}

}  // namespace rill
