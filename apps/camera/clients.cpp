#include "clients.hpp"

namespace rill::camera {
namespace {

// When a write fails, gst-rtsp-server closes the client in an idle callback that holds no reference to it.
// Most often the read side has closed it by then, so a closed client must outlive what is still queued.
constexpr nanoseconds afterlife = std::chrono::seconds(1);

}  // namespace

void Clients::add(GstRTSPClient* client) {
    Client record;
    record.rtsp = Ref<GstRTSPClient>::retain(client);
    clients_.emplace(client, std::move(record));
    g_signal_connect(client, "pre-describe-request", G_CALLBACK(before_describe), this);
    g_signal_connect(client, "send-message", G_CALLBACK(before_response), this);
    g_signal_connect(client, "new-session", G_CALLBACK(new_session), this);
    g_signal_connect(client, "play-request", G_CALLBACK(played), this);
    for (const char* signal : {"setup-request", "pause-request"})
        g_signal_connect(client, signal, G_CALLBACK(requested), this);
    for (const char* signal : {"options-request", "get-parameter-request", "set-parameter-request"})
        g_signal_connect(client, signal, G_CALLBACK(kept_alive), this);
    g_signal_connect(client, "teardown-request", G_CALLBACK(torn_down), this);
    g_signal_connect(client, "closed", G_CALLBACK(closed), this);
}

Client* Clients::find(GstRTSPClient* client) {
    const auto found = clients_.find(client);
    return found == clients_.end() ? nullptr : &found->second;
}

/// A copy, because closing a client changes the table.
std::vector<Client> Clients::watching(const Camera* camera) const {
    std::vector<Client> found;
    for (const auto& [key, client] : clients_)
        if (camera == nullptr || client.camera == camera) found.push_back(client);
    return found;
}

void Clients::close(const Camera* camera) {
    for (const Client& client : watching(camera))
        gst_rtsp_client_close(client.rtsp.get());
}

void Clients::send_teardown(const Camera* camera) {
    for (const Client& client : watching(camera)) {
        if (!client.session) continue;
        GstRTSPMessage request{};
        gst_rtsp_message_init_request(&request, GST_RTSP_TEARDOWN, client.uri.c_str());
        gst_rtsp_client_send_message(client.rtsp.get(), client.session.get(), &request);
        gst_rtsp_message_unset(&request);
    }
}

void Clients::set_session_timeout(std::chrono::seconds timeout) {
    session_timeout_ = timeout;
    for (const auto& [key, client] : clients_)
        if (client.session)
            gst_rtsp_session_set_timeout(client.session.get(), static_cast<guint>(timeout.count()));
}

void Clients::tidy() {
    const nanoseconds now = monotonic_now();
    std::erase_if(closed_, [now](const Closed& closed) { return now - closed.when > afterlife; });
    for (const Client& client : watching(nullptr))
        if (client.session && now - client.last_request > session_timeout_)
            gst_rtsp_client_close(client.rtsp.get());
}

GstRTSPStatusCode Clients::before_describe(GstRTSPClient* rtsp, GstRTSPContext* context, gpointer self) {
    auto& clients = *static_cast<Clients*>(self);
    Client* client = clients.find(rtsp);
    Camera* camera = clients.cameras_.find_by_path(context->uri->abspath);
    if (client == nullptr || camera == nullptr) return GST_RTSP_STS_OK;  // the server answers 404
    client->camera = camera;
    client->last_request = monotonic_now();
    if (camera->hangs) {
        // The connection stays open and says nothing more.
        gst_rtsp_client_set_send_messages_func(rtsp, nullptr, nullptr, nullptr);
        gst_rtsp_client_set_send_func(rtsp, nullptr, nullptr, nullptr);
    }
    return camera->describe_status;
}

void Clients::before_response(GstRTSPClient*, GstRTSPContext*, GstRTSPMessage* message, gpointer) {
    GstRTSPStatusCode status = GST_RTSP_STS_INVALID;
    if (gst_rtsp_message_get_type(message) != GST_RTSP_MESSAGE_RESPONSE) return;
    gst_rtsp_message_parse_response(message, &status, nullptr, nullptr);
    gchar* challenge = nullptr;
    if (status == GST_RTSP_STS_UNAUTHORIZED &&
        gst_rtsp_message_get_header(message, GST_RTSP_HDR_WWW_AUTHENTICATE, &challenge, 0) != GST_RTSP_OK)
        gst_rtsp_message_add_header(message, GST_RTSP_HDR_WWW_AUTHENTICATE, "Basic realm=\"rill-camera\"");
}

void Clients::new_session(GstRTSPClient* rtsp, GstRTSPSession* session, gpointer self) {
    auto& clients = *static_cast<Clients*>(self);
    ++clients.sessions_total_;
    g_object_set(session, "timeout-always-visible", TRUE, nullptr);
    gst_rtsp_session_set_timeout(session, static_cast<guint>(clients.session_timeout_.count()));
    if (Client* client = clients.find(rtsp)) client->session = Ref<GstRTSPSession>::retain(session);
}

void Clients::requested(GstRTSPClient* rtsp, GstRTSPContext* context, gpointer self) {
    auto& clients = *static_cast<Clients*>(self);
    Client* client = clients.find(rtsp);
    if (client == nullptr) return;
    client->last_request = monotonic_now();
    const Owned<gchar> uri(gst_rtsp_url_get_request_uri(context->uri));
    client->uri = uri.get();
    if (Camera* camera = clients.cameras_.find_by_path(context->uri->abspath)) client->camera = camera;
}

void Clients::played(GstRTSPClient* rtsp, GstRTSPContext* context, gpointer self) {
    requested(rtsp, context, self);
    if (Client* client = static_cast<Clients*>(self)->find(rtsp)) client->playing = true;
}

void Clients::torn_down(GstRTSPClient* rtsp, GstRTSPContext*, gpointer self) {
    Client* client = static_cast<Clients*>(self)->find(rtsp);
    if (client == nullptr) return;
    client->session.reset();
    client->playing = false;
}

void Clients::kept_alive(GstRTSPClient* rtsp, GstRTSPContext*, gpointer self) {
    Client* client = static_cast<Clients*>(self)->find(rtsp);
    if (client == nullptr) return;
    client->last_request = monotonic_now();
    if (!client->playing) return;
    client->last_keep_alive = client->last_request;
    ++client->keep_alives;
}

void Clients::closed(GstRTSPClient* rtsp, gpointer self) {
    auto& clients = *static_cast<Clients*>(self);
    clients.closed_.push_back(Closed{monotonic_now(), Ref<GstRTSPClient>::retain(rtsp)});
    clients.clients_.erase(rtsp);
}

}  // namespace rill::camera
