// main() of every C++ test.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "log/known_criticals.hpp"
#include "util/process_exit.hpp"

#include <gst/gst.h>

#include <csignal>
#include <cstdlib>

namespace {

/// A critical is a wrong call of ours, unless it is known. Not G_DEBUG=fatal-criticals, which knows no
/// exception.
void on_log(const gchar* domain, GLogLevelFlags level, const gchar* message, gpointer) {
    g_log_default_handler(domain, level, message, nullptr);
    const bool critical = (level & G_LOG_LEVEL_CRITICAL) != 0;
    if (critical && message != nullptr && !rill::is_known_critical(message)) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    if (std::getenv("RILL_FATAL_CRITICALS") != nullptr) g_log_set_default_handler(on_log, nullptr);
    rill::keep_openssl_at_exit();
    gst_init(nullptr, nullptr);
    return Catch::Session().run(argc, argv);
}
