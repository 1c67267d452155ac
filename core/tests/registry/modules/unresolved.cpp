// Needs a symbol that nobody has: refused when it is loaded, not when it is called.
#include <rill/module.hpp>

extern "C" const rill::Module* rill_symbol_that_nobody_has();

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return rill_symbol_that_nobody_has();
}
