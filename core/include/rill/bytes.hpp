// GBytes, as spans and from vectors.
#pragma once

#include <rill/ref.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace rill {

/// Hands the bytes over without a copy.
inline Ref<GBytes> to_bytes(std::vector<std::uint8_t> bytes) {
    using Held = std::vector<std::uint8_t>;
    auto held = std::make_unique<Held>(std::move(bytes));
    const auto* data = held->data();
    const auto size = held->size();
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(
        data, size, [](gpointer vector) { std::unique_ptr<Held>(static_cast<Held*>(vector)); },
        held.release()));
}

/// Valid as long as the bytes are held.
inline std::span<const std::uint8_t> view(const Ref<GBytes>& bytes) {
    gsize size = 0;
    const auto* data = static_cast<const std::uint8_t*>(g_bytes_get_data(bytes.get(), &size));
    return {data, size};
}

}  // namespace rill
