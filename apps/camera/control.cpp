#include "control.hpp"

#include <fmt/format.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>

#include <array>
#include <memory>
#include <unistd.h>

namespace rill::camera {
namespace {

constexpr std::size_t max_line = 4096;

}  // namespace

/// One conversation. The callback that waits owns it: when nothing is awaited any more it is gone.
class Control::Line : public std::enable_shared_from_this<Control::Line> {
  public:
    Line(const Execute& execute, Ref<GCancellable> cancel, Ref<GIOStream> connection, Ref<GInputStream> input,
         Ref<GOutputStream> output)
        : execute_(execute),
          cancel_(std::move(cancel)),
          connection_(std::move(connection)),
          input_(std::move(input)),
          output_(std::move(output)) {}

    /// Executes the next whole line, or reads on.
    void proceed() {
        const std::size_t end = received_.find('\n');
        if (end == std::string::npos) return read();
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        execute_(line, [self = shared_from_this()](std::string answer) { self->write(std::move(answer)); });
    }

  private:
    void read() {
        if (received_.size() >= max_line) return;
        g_input_stream_read_async(input_.get(), chunk_.data(), chunk_.size(), G_PRIORITY_DEFAULT,
                                  cancel_.get(), read_done, new std::shared_ptr(shared_from_this()));
    }

    static void read_done(GObject*, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<std::shared_ptr<Line>> owner(static_cast<std::shared_ptr<Line>*>(data));
        Line& self = **owner;
        const gssize size = g_input_stream_read_finish(self.input_.get(), result, nullptr);
        if (size <= 0) return;
        self.received_.append(self.chunk_.data(), static_cast<std::size_t>(size));
        self.proceed();
    }

    void write(std::string answer) {
        answer_ = std::move(answer) + "\n";
        g_output_stream_write_all_async(output_.get(), answer_.data(), answer_.size(), G_PRIORITY_DEFAULT,
                                        cancel_.get(), write_done, new std::shared_ptr(shared_from_this()));
    }

    static void write_done(GObject*, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<std::shared_ptr<Line>> owner(static_cast<std::shared_ptr<Line>*>(data));
        if (g_output_stream_write_all_finish((*owner)->output_.get(), result, nullptr, nullptr) != FALSE)
            (*owner)->proceed();
    }

    const Execute& execute_;
    Ref<GCancellable> cancel_;
    Ref<GIOStream> connection_;  ///< kept open; none on standard input
    Ref<GInputStream> input_;
    Ref<GOutputStream> output_;
    std::array<char, 1024> chunk_{};
    std::string received_;
    std::string answer_;
};

/// The callbacks that are cancelled here run before the streams' owner is gone: they touch nothing of ours.
Control::~Control() {
    g_cancellable_cancel(cancel_.get());
    if (service_) g_socket_service_stop(service_.get());
    while (g_main_context_iteration(nullptr, FALSE) != FALSE)
        continue;
}

void Control::listen_on_stdin() {
    auto input = Ref<GInputStream>::adopt(g_unix_input_stream_new(STDIN_FILENO, FALSE));
    auto output = Ref<GOutputStream>::adopt(g_unix_output_stream_new(STDOUT_FILENO, FALSE));
    std::make_shared<Line>(execute_, cancel_, nullptr, std::move(input), std::move(output))->proceed();
}

Result<int> Control::listen_on_port(int port) {
    service_ = Ref<GSocketService>::adopt(g_socket_service_new());
    const auto loopback = Ref<GInetAddress>::adopt(g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4));
    const auto address =
        Ref<GSocketAddress>::adopt(g_inet_socket_address_new(loopback.get(), static_cast<guint16>(port)));
    Owned<GError> error;
    GSocketAddress* bound = nullptr;
    if (g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), address.get(), G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, nullptr, &bound, out(error)) == FALSE)
        return Error{Code::unavailable, fmt::format("cannot listen for commands: {}", error->message)};
    const auto effective = Ref<GSocketAddress>::adopt(bound);
    g_signal_connect(service_.get(), "incoming", G_CALLBACK(incoming), this);
    return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(effective.get()));
}

gboolean Control::incoming(GSocketService*, GSocketConnection* connection, GObject*, gpointer self) {
    auto& control = *static_cast<Control*>(self);
    auto stream = Ref<GIOStream>::retain(G_IO_STREAM(connection));
    auto input = Ref<GInputStream>::retain(g_io_stream_get_input_stream(stream.get()));
    auto output = Ref<GOutputStream>::retain(g_io_stream_get_output_stream(stream.get()));
    std::make_shared<Line>(control.execute_, control.cancel_, std::move(stream), std::move(input),
                           std::move(output))
        ->proceed();
    return TRUE;
}

}  // namespace rill::camera
