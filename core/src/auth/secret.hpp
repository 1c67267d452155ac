// User names and passwords as the configuration holds them: as they are, or hashed.
#pragma once

#include "auth/digest.hpp"

#include <rill/result.hpp>

#include <string>
#include <string_view>

namespace rill::auth {

/// MediaMTX's forms: text, "sha256:" and the hash in base64, or "argon2:" and its encoded form
/// ("$argon2id$…"). Threading: const calls on any thread.
class Secret {
  public:
    /// Error: invalid_config, which never holds the text.
    static Result<Secret> parse(std::string_view text);

    /// There is none, and every guess matches.
    bool is_empty() const { return form_ == Form::none; }
    /// Whether matches() takes a tenth of a second and many megabytes, as argon2 is made to.
    bool is_slow() const { return form_ == Form::argon2; }
    /// Takes the same time for every wrong guess.
    bool matches(std::string_view guess) const;
    /// The hash that is_slow(), to tell one from another.
    const std::string& encoded() const { return encoded_; }

  private:
    enum class Form { none, sha256, argon2 };

    Form form_ = Form::none;
    Digest digest_ = {};  // sha256; text is compared by its hash too, which hides its length
    std::string encoded_;
};

}  // namespace rill::auth
