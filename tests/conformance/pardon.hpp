// A critical of a library that is known, harmless and not ours to mend. Every other one still ends the test.
#pragma once

#include <glib.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace rill::test {

/// While it lives, criticals with this text are let pass. One at a time.
class Pardon {
  public:
    explicit Pardon(std::string text)
        : text_(std::move(text)),
          fatal_(g_log_set_always_fatal(static_cast<GLogLevelFlags>(G_LOG_FATAL_MASK))),
          handler_(g_log_set_default_handler(handle, this)) {}
    Pardon(const Pardon&) = delete;
    Pardon& operator=(const Pardon&) = delete;
    ~Pardon() {
        g_log_set_default_handler(handler_, nullptr);
        g_log_set_always_fatal(fatal_);
    }

  private:
    static void handle(const char* domain, GLogLevelFlags level, const char* message, gpointer self) {
        const bool critical = (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR)) != 0;
        const std::string_view text(message != nullptr ? message : "");
        if (critical && text.find(static_cast<Pardon*>(self)->text_) != std::string_view::npos) return;
        g_log_default_handler(domain, level, message, nullptr);
        if (critical) std::abort();
    }

    const std::string text_;
    const GLogLevelFlags fatal_;
    const GLogFunc handler_;
};

}  // namespace rill::test
