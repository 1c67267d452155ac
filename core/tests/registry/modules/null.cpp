#include <rill/module.hpp>

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return nullptr;
}
