#include "test_client.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::camera {

struct TestClient::Message {
    Message() { gst_rtsp_message_init(&raw); }
    ~Message() { gst_rtsp_message_unset(&raw); }
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
    GstRTSPMessage raw{};
};

std::uint32_t Packet::timestamp() const {
    return bytes.size() < 8 ? 0 : GST_READ_UINT32_BE(bytes.data() + 4);
}

TestClient::TestClient(std::string url) : url_(std::move(url)) {
    GstRTSPUrl* parsed = nullptr;
    gst_rtsp_url_parse(url_.c_str(), &parsed);
    gst_rtsp_connection_create(parsed, &connection_);
    gst_rtsp_url_free(parsed);
    connected_ = gst_rtsp_connection_connect_usec(connection_, 20 * G_USEC_PER_SEC) == GST_RTSP_OK;
}

TestClient::~TestClient() {
    gst_rtsp_connection_close(connection_);
    gst_rtsp_connection_free(connection_);
}

bool TestClient::receive(Message& message, std::chrono::steady_clock::time_point end) {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(end - std::chrono::steady_clock::now());
    const auto patience = std::max<std::int64_t>(left.count(), 1);
    const GstRTSPResult result = gst_rtsp_connection_receive_usec(connection_, &message.raw, patience);
    if (result != GST_RTSP_OK && result != GST_RTSP_ETIMEOUT) ended_ = true;
    if (result == GST_RTSP_OK && message.raw.type == GST_RTSP_MESSAGE_REQUEST)
        requests_.push_back(message.raw.type_data.request.method);
    return result == GST_RTSP_OK;
}

Response TestClient::request(GstRTSPMethod method, const std::string& path, const std::string& transport,
                             std::chrono::milliseconds patience) {
    Message request;
    gst_rtsp_message_init_request(&request.raw, method, (url_ + path).c_str());
    if (!transport.empty())
        gst_rtsp_message_add_header(&request.raw, GST_RTSP_HDR_TRANSPORT, transport.c_str());
    if (!session_.empty()) gst_rtsp_message_add_header(&request.raw, GST_RTSP_HDR_SESSION, session_.c_str());
    if (gst_rtsp_connection_send_usec(connection_, &request.raw, 20 * G_USEC_PER_SEC) != GST_RTSP_OK)
        return {};

    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        Message message;
        if (!receive(message, end)) return {};
        if (message.raw.type != GST_RTSP_MESSAGE_RESPONSE) continue;
        Response response;
        response.status = message.raw.type_data.response.code;
        for (const GstRTSPHeaderField field :
             {GST_RTSP_HDR_SESSION, GST_RTSP_HDR_RTP_INFO, GST_RTSP_HDR_WWW_AUTHENTICATE}) {
            gchar* value = nullptr;
            if (gst_rtsp_message_get_header(&message.raw, field, &value, 0) == GST_RTSP_OK)
                response.headers[gst_rtsp_header_as_text(field)] = value;
        }
        guint8* body = nullptr;
        guint size = 0;
        gst_rtsp_message_get_body(&message.raw, &body, &size);
        if (body != nullptr) response.body.assign(reinterpret_cast<const char*>(body), size);
        if (const auto session = response.headers.find("Session"); session != response.headers.end())
            session_ = session->second.substr(0, session->second.find(';'));
        return response;
    }
}

Response TestClient::play(int streams) {
    request(GST_RTSP_DESCRIBE);
    for (int i = 0; i < streams; ++i)
        request(GST_RTSP_SETUP, fmt::format("/stream={}", i),
                fmt::format("RTP/AVP/TCP;unicast;interleaved={}-{}", 2 * i, 2 * i + 1));
    return request(GST_RTSP_PLAY);
}

std::optional<Packet> TestClient::packet(std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        Message message;
        if (!receive(message, end)) return std::nullopt;
        if (message.raw.type != GST_RTSP_MESSAGE_DATA) continue;
        guint8* body = nullptr;
        guint size = 0;
        gst_rtsp_message_get_body(&message.raw, &body, &size);
        return Packet{message.raw.type_data.data.channel, std::vector<std::uint8_t>(body, body + size)};
    }
}

bool TestClient::closed() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!ended_ && std::chrono::steady_clock::now() < end) {
        Message message;
        receive(message, end);
    }
    return ended_;
}

}  // namespace rill::camera
