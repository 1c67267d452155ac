#include "connection_watch.hpp"

#include <rill/ref.hpp>

#include <fmt/format.h>
#include <gio/gio.h>

namespace rill::rtsp {

namespace {

thread_local std::weak_ptr<ConnectionObserver> watched;

std::string address_of(GIOStream* stream) {
    if (!G_IS_SOCKET_CONNECTION(stream)) return "";
    const auto address = Ref<GSocketAddress>::adopt(
        g_socket_connection_get_remote_address(G_SOCKET_CONNECTION(stream), nullptr));
    if (!address || !G_IS_INET_SOCKET_ADDRESS(address.get())) return "";
    const Owned<char> text(g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(address.get())));
    return text.get();
}

void handle(ConnectionObserver& observer, GSocketClientEvent event, GIOStream* stream) {
    switch (event) {
        case G_SOCKET_CLIENT_RESOLVING:
            observer.reached(Stage::resolving);
            break;
        case G_SOCKET_CLIENT_CONNECTING:
            observer.reached(Stage::connecting);
            if (const std::string address = address_of(stream); !address.empty()) observer.trying(address);
            break;
        case G_SOCKET_CLIENT_CONNECTED:
            observer.reached(Stage::securing);
            break;
        case G_SOCKET_CLIENT_TLS_HANDSHAKING:
            // Without a database no certificate is valid (g_tls_connection_set_database), so all are asked
            // about.
            if (observer.asks_about_valid_certificates() && G_IS_TLS_CONNECTION(stream))
                g_tls_connection_set_database(G_TLS_CONNECTION(stream), nullptr);
            break;
        default:
            break;
    }
}

gboolean on_event(GSignalInvocationHint*, guint count, const GValue* values, gpointer) {
    const auto observer = watched.lock();
    if (!observer || count < 4) return TRUE;
    const auto event = static_cast<GSocketClientEvent>(g_value_get_enum(&values[1]));
    auto* stream = static_cast<GIOStream*>(g_value_get_object(&values[3]));
    if (event == G_SOCKET_CLIENT_COMPLETE) {
        // Also emitted after a failure, then without a connection.
        if (stream != nullptr) observer->reached(Stage::connected);
        watched.reset();
        return TRUE;
    }
    handle(*observer, event, stream);
    return TRUE;
}

}  // namespace

void watch_next_connection(const std::shared_ptr<ConnectionObserver>& observer) {
    static const gulong hook = [] {
        // The class registers its signals when it is made.
        gpointer kept = g_type_class_ref(G_TYPE_SOCKET_CLIENT);
        const guint signal = g_signal_lookup("event", G_TYPE_SOCKET_CLIENT);
        const gulong id = g_signal_add_emission_hook(signal, 0, on_event, nullptr, nullptr);
        g_type_class_unref(kept);
        return id;
    }();
    static_cast<void>(hook);
    watched = observer;
}

}  // namespace rill::rtsp
