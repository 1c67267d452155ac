#include "server.hpp"

#include "media_factory.hpp"
#include "tls.hpp"

#include <fmt/format.h>

namespace rill::camera {
namespace {

constexpr auto tidy_interval = std::chrono::milliseconds(200);
constexpr auto patience_at_end = std::chrono::milliseconds(700);

Ref<GstRTSPAddressPool> multicast_addresses() {
    auto pool = Ref<GstRTSPAddressPool>::adopt(gst_rtsp_address_pool_new());
    gst_rtsp_address_pool_add_range(pool.get(), "239.255.42.0", "239.255.42.255", 20000, 29999, 1);
    return pool;
}

Ref<GstRTSPToken> viewer_token() {
    return Ref<GstRTSPToken>::adopt(
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, viewer_role, nullptr));
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)),
      server_(Ref<GstRTSPServer>::adopt(gst_rtsp_server_new())),
      mounts_(Ref<GstRTSPMountPoints>::adopt(gst_rtsp_server_get_mount_points(server_.get()))),
      threads_(make_thread_pool()),
      port_(options_.port) {
    gst_rtsp_server_set_address(server_.get(), options_.address.c_str());
    gst_rtsp_server_set_thread_pool(server_.get(), threads_.get());
    if (options_.multicast) multicast_ = multicast_addresses();
    g_signal_connect_swapped(
        server_.get(), "client-connected",
        G_CALLBACK(+[](Clients* clients, GstRTSPClient* client) { clients->add(client); }), &clients_);
    tidy_ = Ref<GSource>::adopt(g_timeout_source_new(static_cast<guint>(tidy_interval.count())));
    g_source_set_callback(
        tidy_.get(),
        [](gpointer clients) -> gboolean {
            static_cast<Clients*>(clients)->tidy();
            return G_SOURCE_CONTINUE;
        },
        &clients_, nullptr);
    g_source_attach(tidy_.get(), nullptr);
}

Server::~Server() {
    g_source_destroy(tidy_.get());
    stop_listening();
    const nanoseconds end = monotonic_now() + patience_at_end;
    // A timer so that the iteration below always wakes up.
    const auto tick = Ref<GSource>::adopt(g_timeout_source_new(20));
    g_source_set_callback(
        tick.get(), [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
    g_source_attach(tick.get(), nullptr);
    while ((!clients_.empty() || cameras_.is_broadcasting()) && monotonic_now() < end)
        g_main_context_iteration(nullptr, TRUE);
    g_source_destroy(tick.get());
    while (g_main_context_iteration(nullptr, FALSE) != FALSE)
        continue;  // what still refers to closed clients
    g_signal_handlers_disconnect_by_data(server_.get(), &clients_);
    stop_media_thread(threads_.get());
}

Result<> Server::add(CameraRef camera) {
    const std::string& name = camera->spec().name;
    if (cameras_.has(name)) return Error{Code::conflict, fmt::format("two cameras are called '{}'", name)};
    renew_media(*camera);
    cameras_.add(std::move(camera));
    return ok();
}

void Server::renew_media(Camera& camera) {
    auto factory = camera.make_factory();
    if (multicast_) {
        gst_rtsp_media_factory_set_address_pool(factory.get(), multicast_.get());
    } else {
        gst_rtsp_media_factory_set_protocols(
            factory.get(),
            static_cast<GstRTSPLowerTrans>(GST_RTSP_LOWER_TRANS_TCP | GST_RTSP_LOWER_TRANS_UDP));
    }
    gst_rtsp_mount_points_add_factory(mounts_.get(), fmt::format("/{}", camera.spec().name).c_str(),
                                      factory.leak());
}

Result<> Server::configure_auth() {
    if (options_.user.empty() && !options_.tls) return ok();
    const auto auth = Ref<GstRTSPAuth>::adopt(gst_rtsp_auth_new());
    const auto token = viewer_token();
    const char* user = options_.user.c_str();
    const char* password = options_.password.c_str();
    if (options_.user.empty()) {
        gst_rtsp_auth_set_default_token(auth.get(), token.get());
    } else if (options_.auth == AuthMethod::digest) {
        gst_rtsp_auth_set_supported_methods(auth.get(), GST_RTSP_AUTH_DIGEST);
        gst_rtsp_auth_add_digest(auth.get(), user, password, token.get());
    } else {
        gst_rtsp_auth_set_supported_methods(auth.get(), GST_RTSP_AUTH_BASIC);
        const Owned<gchar> basic(gst_rtsp_auth_make_basic(user, password));
        gst_rtsp_auth_add_basic(auth.get(), basic.get(), token.get());
    }
    if (options_.tls) {
        auto made = make_certificate();
        if (!made) return made.error();
        gst_rtsp_auth_set_tls_certificate(auth.get(), made->certificate.get());
        fingerprint_ = made->sha256;
    }
    gst_rtsp_server_set_auth(server_.get(), auth.get());
    return ok();
}

Result<> Server::listen() {
    if (listening_) return ok();
    if (fingerprint_.empty())
        if (auto configured = configure_auth(); !configured) return configured.error();
    gst_rtsp_server_set_service(server_.get(), fmt::format("{}", port_).c_str());
    Owned<GError> error;
    auto source = Ref<GSource>::adopt(gst_rtsp_server_create_source(server_.get(), nullptr, out(error)));
    if (!source)
        return Error{Code::unavailable, fmt::format("cannot listen on {}:{}: {}", options_.address, port_,
                                                    error ? error->message : "unknown reason")};
    g_source_attach(source.get(), nullptr);
    listening_ = std::move(source);
    port_ = gst_rtsp_server_get_bound_port(server_.get());
    return ok();
}

void Server::stop_listening() {
    if (listening_) g_source_destroy(listening_.get());
    listening_.reset();
    clients_.close(nullptr);
}

std::string Server::url_of(const Camera& camera) const {
    const bool ipv6 = options_.address.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}/{}", options_.tls ? "rtsps" : "rtsp", ipv6 ? "[" : "",
                       options_.address, ipv6 ? "]" : "", port_, camera.spec().name);
}

}  // namespace rill::camera
