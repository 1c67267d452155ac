#include "message.hpp"

#include "output_queue.hpp"
#include "request_head.hpp"

#include <rill/json.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace rill::http {
namespace {

std::string_view reason_phrase(int status) {
    switch (status) {
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "";
    }
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), g_ascii_tolower);
    return result;
}

bool is_set_here(std::string_view name) {
    constexpr std::string_view own[] = {"date",
                                        "server",
                                        "content-type",
                                        "connection",
                                        "content-length",
                                        "transfer-encoding",
                                        "x-content-type-options",
                                        "referrer-policy"};
    return std::find(std::begin(own), std::end(own), lower(name)) != std::end(own);
}

/// One field, on one line whatever the value holds: an answer must not be split by what a client sent in.
void append_field(std::string& head, std::string_view name, std::string_view value) {
    for (const std::string_view part : {name, std::string_view(": "), value}) {
        for (const char character : part) {
            const auto byte = static_cast<unsigned char>(character);
            head += byte < 0x20 || byte == 0x7f ? ' ' : character;
        }
    }
    head += "\r\n";
}

void append_framing(std::string& head, const Framing& framing) {
    switch (framing.kind) {
        case Framing::Kind::length:
            head += fmt::format("Content-Length: {}\r\n", framing.length);
            return;
        case Framing::Kind::chunked:
            head += "Transfer-Encoding: chunked\r\n";
            return;
        case Framing::Kind::until_close:
            return;
    }
}

}  // namespace

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

Framing framing_of(const Response& response, bool http_1_0) {
    if (response.stream && !response.stream->size())
        return {http_1_0 ? Framing::Kind::until_close : Framing::Kind::chunked};
    if (response.stream) return {Framing::Kind::length, *response.stream->size()};
    std::uint64_t length = 0;
    for (const auto& piece : response.body)
        length += g_bytes_get_size(piece.get());
    return {Framing::Kind::length, length};
}

std::string response_head(const Response& response, const Framing& framing, bool keep_alive,
                          std::string_view date) {
    std::string head =
        fmt::format("HTTP/1.1 {} {}\r\nServer: rill\r\nDate: {}\r\nConnection: {}\r\n", response.status,
                    reason_phrase(response.status), date, keep_alive ? "keep-alive" : "close");
    if (!response.content_type.empty()) append_field(head, "Content-Type", response.content_type);
    if (has_body(response.status)) append_framing(head, framing);
    // Nothing here is anything but what it says it is, and URLs that hold tokens stay here.
    head += "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n";
    for (const auto& [name, value] : response.headers) {
        if (!is_set_here(name)) append_field(head, name, value);
    }
    return head + "\r\n";
}

Response refusal(int status, std::string_view reason) {
    return Response::json(status, Json::object().set("status", "error").set("error", reason).dump());
}

std::string_view Request::header(std::string_view name) const {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? std::string_view() : found->second;
}

std::string Request::content_type() const {
    std::string_view type = header("content-type");
    type = type.substr(0, type.find(';'));
    return lower(type.substr(0, type.find_last_not_of(" \t") + 1));
}

bool Request::asks_for_websocket() const {
    return has_token(header("upgrade"), "websocket");
}

Response Response::text(int status, std::string_view content_type, std::string_view body) {
    Response response;
    response.status = status;
    response.content_type = content_type;
    response.body.push_back(to_bytes(std::string(body)));
    return response;
}

Response Response::json(int status, std::string_view body) {
    return text(status, "application/json", body);
}

Response Response::error(const Error& error) {
    return refusal(http_status(error.code), error.message);
}

Response Response::method_not_allowed(std::string_view method, std::string_view allowed) {
    return error({Code::method_not_allowed,
                  fmt::format("{} is not possible here (allowed: {})", method, allowed)})
        .header("allow", allowed);
}

Response Response::no_content() {
    Response response;
    response.status = 204;
    return response;
}

Response& Response::header(std::string_view name, std::string_view value) {
    headers.emplace_back(name, value);
    return *this;
}

}  // namespace rill::http
