#include "output_queue.hpp"

#include <array>
#include <memory>
#include <span>
#include <sys/uio.h>

namespace rill::http {
namespace {

constexpr std::size_t pieces_at_once = 64;
constexpr std::size_t bytes_at_once = std::size_t{4} * 1024 * 1024;

void free_text(gpointer text) {
    std::unique_ptr<std::string>(static_cast<std::string*>(text));
}

}  // namespace

Ref<GBytes> to_bytes(std::string text) {
    auto owner = std::make_unique<std::string>(std::move(text));
    std::string* const held = owner.release();
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(held->data(), held->size(), free_text, held));
}

void OutputQueue::push(Ref<GBytes> bytes) {
    const std::size_t size = g_bytes_get_size(bytes.get());
    if (size == 0) return;
    queued_ += size;
    pieces_.push_back(std::move(bytes));
}

OutputQueue::Flush OutputQueue::flush(Socket& socket) {
    std::size_t flushed = 0;
    while (!pieces_.empty()) {
        if (flushed >= bytes_at_once) return Flush::blocked;
        std::array<iovec, pieces_at_once> vectors;
        std::size_t count = 0;
        for (const auto& piece : pieces_) {
            if (count == vectors.size()) break;
            gsize size = 0;
            const auto* data = static_cast<const char*>(g_bytes_get_data(piece.get(), &size));
            const std::size_t skip = count == 0 ? front_written_ : 0;
            vectors[count++] = {const_cast<char*>(data + skip), size - skip};
        }
        const auto sent = socket.send(std::span(vectors).first(count));
        if (sent.state != Socket::State::moved)
            return sent.state == Socket::State::blocked ? Flush::blocked : Flush::failed;
        flushed += sent.bytes;
        pop_written(sent.bytes);
    }
    return Flush::drained;
}

void OutputQueue::pop_written(std::size_t count) {
    written_ += count;
    queued_ -= count;
    while (count > 0) {
        const std::size_t left = g_bytes_get_size(pieces_.front().get()) - front_written_;
        if (count < left) {
            front_written_ += count;
            return;
        }
        count -= left;
        front_written_ = 0;
        pieces_.pop_front();
    }
}

}  // namespace rill::http
