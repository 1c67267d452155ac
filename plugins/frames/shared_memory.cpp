#include "shared_memory.hpp"

#include <rill/bytes.hpp>
#include <rill/callback.hpp>
#include <rill/clock.hpp>

#include <fmt/format.h>
#include <glib-unix.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

namespace rill::frames {

namespace {

/// As GStreamer lays rows out where nobody says otherwise: a consumer's caps have no strides.
GstVideoInfo usual_info(PixelFormat format, Size size) {
    const GstVideoInfo tight = tight_info(format, size);
    GstVideoInfo info;
    gst_video_info_set_format(&info, GST_VIDEO_INFO_FORMAT(&tight), static_cast<guint>(size.width),
                              static_cast<guint>(size.height));
    return info;
}

void copy_plane(const GstVideoInfo& from, const std::uint8_t* source, const GstVideoInfo& to,
                std::uint8_t* target, guint plane, int height) {
    const int rows = plane == 0 ? height : (height + 1) / 2;
    for (int row = 0; row < rows; ++row) {
        std::copy_n(source + from.offset[plane] + static_cast<std::ptrdiff_t>(row) * from.stride[plane],
                    from.stride[plane],
                    target + to.offset[plane] + static_cast<std::ptrdiff_t>(row) * to.stride[plane]);
    }
}

void copy_rows(const Picture& picture, std::span<std::uint8_t> slot) {
    const Description& description = picture.description;
    const GstVideoInfo from = tight_info(description.format, description.size);
    const GstVideoInfo to = usual_info(description.format, description.size);
    const auto payload = view(picture.payload);
    for (guint plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&from); ++plane)
        copy_plane(from, payload.data(), to, slot.data(), plane, description.size.height);
}

/// On the loop, whenever there is something to read.
Timer on_readable(Loop& loop, int descriptor, std::function<void()> callback) {
    using Callback = std::function<void()>;
    auto source = Ref<GSource>::adopt(
        g_unix_fd_source_new(descriptor, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR)));
    const GUnixFDSourceFunc dispatch = [](gint, GIOCondition, gpointer data) -> gboolean {
        // A copy: it may be destroyed in it.
        const Callback call = kept<Callback>(data);
        call();
        return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(source.get(), G_SOURCE_FUNC(dispatch), keep(std::move(callback)), drop<Callback>);
    g_source_attach(source.get(), loop.context());
    return Timer(std::move(source));
}

}  // namespace

std::string area_prefix(const std::string& socket) {
    const std::string file = std::filesystem::absolute(socket).string();
    const Owned<char> sum(
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, file.c_str(), static_cast<gssize>(file.size())));
    return "/rill-" + std::string(sum.get()).substr(0, 24);
}

SharedMemory::SharedMemory(Given given)
    : given_(std::move(given)), area_prefix_(area_prefix(given_.socket)) {}

SharedMemory::~SharedMemory() = default;

Result<> SharedMemory::start() {
    auto socket = LocalSocket::listen(given_.socket);
    if (!socket) return socket.error();
    socket_ = *std::move(socket);
    // The socket is ours, and so is what is left behind it.
    SharedArea::remove_all(area_prefix_);
    listen();
    return ok();
}

void SharedMemory::listen() {
    heard_ = on_readable(*given_.loop, socket_->get(), [this] { accept(); });
}

void SharedMemory::stop() {
    heard_.cancel();
    socket_.reset();
    // Destroyed after the lock:
    Consumers gone;
    std::shared_ptr<SharedArea> unused;
    std::shared_ptr<Attachment> ended;
    const std::lock_guard lock(mutex_);
    gone.swap(consumers_);
    count_ = 0;
    unused.swap(area_);
    ended.swap(attachment_);
}

void SharedMemory::accept() {
    Fd fd = socket_->accept();
    if (!fd) {
        if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
        given_.log.warning("'{}' takes no consumer: {}", given_.socket, std::strerror(errno));
        heard_ = given_.loop->after(std::chrono::seconds(1), [this] { listen(); });
        return;
    }
    if (count_ >= most_consumers) {
        given_.log.debug("'{}' has {} consumers already", given_.socket, most_consumers);
        return;
    }
    const int descriptor = fd.get();
    Timer heard = on_readable(*given_.loop, descriptor, [this, descriptor] { read(descriptor); });
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        is_first = consumers_.empty();
        consumers_.emplace(descriptor, std::make_unique<SharedConsumer>(std::move(fd), std::move(heard)));
        count_ = consumers_.size();
    }
    if (!is_first) return;
    auto attached = given_.attach();
    if (!attached) remove(descriptor);
    const std::lock_guard lock(mutex_);
    if (!attached) return say(attached.error().message);
    attachment_ = *std::move(attached);
}

void SharedMemory::read(int descriptor) {
    {
        const std::lock_guard lock(mutex_);
        if (consumers_.at(descriptor)->read(area_ ? area_->slot_bytes() : 0)) return;
    }
    remove(descriptor);
}

void SharedMemory::remove(int descriptor) {
    // Destroyed after the lock:
    Consumers::node_type gone;
    std::shared_ptr<SharedArea> unused;
    std::shared_ptr<Attachment> ended;
    const std::lock_guard lock(mutex_);
    gone = consumers_.extract(descriptor);
    count_ = consumers_.size();
    if (!consumers_.empty()) return;
    unused.swap(area_);
    ended.swap(attachment_);
}

/// With mutex_ held. Once: consumers come again and again.
void SharedMemory::say(const std::string& why) {
    if (!std::exchange(said_why_, true)) given_.log.warning("nothing for '{}': {}", given_.socket, why);
}

/// With mutex_ held. Null: there is no memory.
std::shared_ptr<SharedArea> SharedMemory::area_for(const Picture& picture) {
    const Size size = picture.description.size;
    if (area_ && size_ == size) return area_;
    // Nobody can go on with pictures of another size: their caps say the old one.
    for (const auto& [descriptor, consumer] : consumers_) {
        if (consumer->knows_area()) consumer->hang_up();
    }
    area_.reset();
    size_ = size;
    const std::size_t bytes = usual_info(picture.description.format, size).size;
    auto made = SharedArea::create(
        area_prefix_, bytes, std::clamp(most_bytes / bytes, std::size_t{4}, SharedConsumer::most_slots));
    if (made) {
        area_ = *std::move(made);
    } else {
        say(made.error().message);
    }
    return area_;
}

/// With mutex_ held. The lowest that is free: memory that was never needed is not taken.
std::optional<std::size_t> SharedMemory::free_slot(const SharedArea& area) const {
    for (std::size_t slot = 0; slot < area.slots(); ++slot) {
        const auto holds = [slot](const auto& consumer) { return consumer.second->holds(slot); };
        if (std::ranges::none_of(consumers_, holds)) return slot;
    }
    return std::nullopt;
}

/// With mutex_ held. A picture that nobody gets.
void SharedMemory::pass_over(const std::string& why) {
    if (!why.empty()) say(why);
    for (const auto& [descriptor, consumer] : consumers_) {
        if (area_ && consumer->held() >= most_held()) consumer->refuse();
    }
    if (attachment_) attachment_->count({.dropped = consumers_.size()});
}

/// With mutex_ held. Together they leave one slot free, once none holds more than its share.
std::size_t SharedMemory::most_held() const {
    return std::max<std::size_t>((area_->slots() - 1) / std::max<std::size_t>(consumers_.size(), 1), 1);
}

/// With mutex_ held.
void SharedMemory::announce(const SharedArea& area, std::size_t slot) {
    Traffic traffic;
    for (const auto& [descriptor, consumer] : consumers_) {
        if (!consumer->knows_area()) consumer->introduce(area);
        if (consumer->held() >= most_held()) {
            consumer->refuse();
            ++traffic.dropped;
            continue;
        }
        consumer->send(area, slot);
        ++traffic.pictures;
        traffic.bytes += area.slot_bytes();
    }
    if (traffic.pictures > 0) said_why_ = false;
    if (attachment_) attachment_->count(traffic);
}

void SharedMemory::deliver(const PicturePtr& picture) {
    std::shared_ptr<SharedArea> area;
    std::optional<std::size_t> slot;
    {
        const std::lock_guard lock(mutex_);
        if (consumers_.empty()) return;
        area = area_for(*picture);
        if (area) slot = free_slot(*area);
        if (!slot) return pass_over();
    }
    // Nobody holds it, and no other picture comes meanwhile.
    const bool has_memory = area->reserve(*slot);
    if (has_memory) copy_rows(*picture, area->slot(*slot));
    const std::lock_guard lock(mutex_);
    if (!has_memory) return pass_over("shared memory is full; enlarge /dev/shm, or take smaller pictures");
    if (area == area_) announce(*area, *slot);
}

void SharedMemory::tick() {
    const Nanoseconds now = running_time();
    const std::lock_guard lock(mutex_);
    for (const auto& [descriptor, consumer] : consumers_) {
        if (now - consumer->idle_since(now) < given_.patience) continue;
        given_.log.warning("a consumer of '{}' gives nothing back and is closed", given_.socket);
        consumer->hang_up();
    }
}

}  // namespace rill::frames
