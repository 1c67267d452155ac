// Linked into every program of an AddressSanitizer build.
//
// GLib makes its first table of names (GQuark) before main(), and when it grows it leaves the old one behind
// on purpose, since other threads may still read it: LeakSanitizer would report 16 KiB for every process.
// GLib has no frame pointers, so that a suppression could name nothing but g_malloc(), and would hide leaks
// of ours as well.
#include <cstddef>

namespace {

constexpr std::size_t first_table = 2048 * sizeof(void*);
constexpr std::size_t most = 16;

}  // namespace

extern "C" {

// Reachable from here, hence no leak.
const volatile void* lsan_roots[most];
bool main_has_begun = false;

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the name that LeakSanitizer
// looks for
void __sanitizer_malloc_hook(const volatile void* block, std::size_t size) {
    static std::size_t count = 0;
    if (!main_has_begun && size == first_table && count < most) lsan_roots[count++] = block;
}
}

namespace {

// Constructors of the program run after those of its libraries.
[[maybe_unused]] const bool marked = main_has_begun = true;

}  // namespace
