// A module of another time: only its first field can be relied on.
#include <rill/module.hpp>

namespace {

// All that follows the ABI would crash whoever reads it as a Module.
constexpr std::uint32_t abi_and_nonsense[64] = {rill::module_abi + 1, 0xffffffff, 0xffffffff,
                                                0xffffffff,           0xffffffff, 0xffffffff};

}  // namespace

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return reinterpret_cast<const rill::Module*>(abi_and_nonsense);
}
