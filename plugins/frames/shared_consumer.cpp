#include "shared_consumer.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/socket.h>

namespace rill::frames {

namespace {

enum Type : std::uint32_t { new_area = 1, new_picture = 3, given_back = 4 };
/// There is one for each consumer: whose size does not fit any more is closed.
constexpr std::int32_t only_area = 1;

struct AreaMessage {
    std::uint32_t type = new_area;
    std::int32_t area = only_area;
    std::size_t bytes = 0;
    unsigned name_bytes = 0;  ///< with its 0; the name follows
};
struct PictureMessage {
    std::uint32_t type = new_picture;
    std::int32_t area = only_area;
    unsigned long offset = 0;
    unsigned long bytes = 0;  ///< nothing, where a picture is given back
};
static_assert(sizeof(AreaMessage) == sizeof(PictureMessage), "messages have one size");

}  // namespace

/// What waits in the socket is a few messages at most: one that does not fit is of somebody who broke the
/// rules.
void SharedConsumer::write(const void* bytes, std::size_t size) {
    const auto written = ::send(fd_.get(), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written != static_cast<ssize_t>(size)) hang_up();
}

void SharedConsumer::introduce(const SharedArea& area) {
    AreaMessage message;
    message.bytes = area.bytes();
    message.name_bytes = static_cast<unsigned>(area.name().size() + 1);
    write(&message, sizeof message);
    write(area.name().c_str(), message.name_bytes);
    knows_area_ = true;
}

void SharedConsumer::send(const SharedArea& area, std::size_t slot) {
    held_.set(slot);
    PictureMessage message;
    message.offset = slot * area.slot_bytes();
    message.bytes = area.slot_bytes();
    write(&message, sizeof message);
}

bool SharedConsumer::read(std::size_t slot_bytes) {
    std::array<char, 16 * sizeof(PictureMessage)> bytes;
    const auto got = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    input_.append(bytes.data(), static_cast<std::size_t>(got));
    while (input_.size() >= sizeof(PictureMessage)) {
        if (!take_back(slot_bytes)) return false;
        input_.erase(0, sizeof(PictureMessage));
    }
    return true;
}

/// The first message of input_.
bool SharedConsumer::take_back(std::size_t slot_bytes) {
    PictureMessage message;
    std::memcpy(&message, input_.data(), sizeof message);
    if (message.type != given_back || slot_bytes == 0 || message.offset % slot_bytes != 0) return false;
    const std::size_t slot = message.offset / slot_bytes;
    if (slot >= most_slots || !held_[slot]) return false;
    held_.reset(slot);
    refused_since_.reset();
    return true;
}

void SharedConsumer::refuse() {
    if (!refused_since_) refused_since_ = running_time();
}

void SharedConsumer::hang_up() {
    ::shutdown(fd_.get(), SHUT_RDWR);
}

}  // namespace rill::frames
