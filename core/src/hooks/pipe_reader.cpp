#include "pipe_reader.hpp"

#include "util/destroy_source.hpp"

#include <glib-unix.h>

#include <array>
#include <cerrno>

namespace rill::hooks {
namespace {

/// What is read in one go, and then not again for a while.
constexpr std::size_t portion = 64u << 10;
constexpr std::chrono::milliseconds pause{50};
constexpr std::size_t block = 16u << 10;

}  // namespace

PipeReader::PipeReader(Loop& loop, Fd pipe, std::function<void(std::string_view)> take)
    : loop_(loop), pipe_(std::move(pipe)), take_(std::move(take)) {
    watch();
}

void PipeReader::watch() {
    watch_ = Ref<GSource>::adopt(
        g_unix_fd_source_new(pipe_.get(), static_cast<GIOCondition>(G_IO_IN | G_IO_HUP | G_IO_ERR)));
    const GUnixFDSourceFunc callback = [](gint, GIOCondition, gpointer self) -> gboolean {
        static_cast<PipeReader*>(self)->readable();
        return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(watch_.get(), G_SOURCE_FUNC(callback), this, nullptr);
    g_source_attach(watch_.get(), loop_.context());
}

void PipeReader::unwatch() {
    if (watch_) destroy_source(watch_.get());
    watch_.reset();
}

void PipeReader::readable() {
    const Found found = read_some();
    if (found == Found::nothing_more) return;
    unwatch();
    if (found == Found::more) pause_ = loop_.after(pause, [this] { watch(); });
}

void PipeReader::drain() {
    read_some();
}

PipeReader::Found PipeReader::read_some() {
    std::array<char, block> bytes;
    for (std::size_t taken = 0; taken < portion;) {
        const ssize_t count = ::read(pipe_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return Found::nothing_more;
        if (count <= 0) return Found::end;
        taken += static_cast<std::size_t>(count);
        take_({bytes.data(), static_cast<std::size_t>(count)});
    }
    return Found::more;
}

}  // namespace rill::hooks
