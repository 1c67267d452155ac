#include "raw_socket.hpp"

#include <cstddef>
#include <cstdint>

namespace rill::dialects {

Ref<GBytes> RawSocket::without_header(const Ref<GBytes>& message) {
    // Bytes 6 and 7, little-endian, say where the payload begins.
    constexpr gsize size_at = 6;
    gsize size = 0;
    const auto* const bytes = static_cast<const std::uint8_t*>(g_bytes_get_data(message.get(), &size));
    if (size < size_at + 2) return message;
    const gsize header = bytes[size_at] + 256U * bytes[size_at + 1];
    if (header > size) return message;
    return Ref<GBytes>::adopt(g_bytes_new_from_bytes(message.get(), header, size - header));
}

}  // namespace rill::dialects
