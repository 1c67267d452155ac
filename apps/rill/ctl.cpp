#include "commands.hpp"

#include <rill/json.hpp>
#include <rill/ref.hpp>

#include <fmt/format.h>
#include <libsoup/soup.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

namespace {

struct Answer {
    unsigned status = 0;
    std::string body;
};

Result<Answer> request(const std::string& method, const std::string& url) {
    const auto session = Ref<SoupSession>::adopt(soup_session_new_with_options("timeout", 10, nullptr));
    const auto message = Ref<SoupMessage>::adopt(soup_message_new(method.c_str(), url.c_str()));
    if (!message) return Error{Code::invalid_config, fmt::format("'{}' is no URL", url)};
    Owned<GError> error;
    const auto bytes =
        Ref<GBytes>::adopt(soup_session_send_and_read(session.get(), message.get(), nullptr, out(error)));
    if (!bytes) return Error{Code::unavailable, fmt::format("{}: {}", url, error->message)};
    gsize size = 0;
    const auto* data = static_cast<const char*>(g_bytes_get_data(bytes.get(), &size));
    return Answer{soup_message_get_status(message.get()), std::string(data == nullptr ? "" : data, size)};
}

void print_list(const Json& answer) {
    fmt::print("{:<24} {:<11} {:>7} {:>9}  {}\n", "ID", "STATUS", "READERS", "KBIT/S", "TRACKS / REASON");
    for (const Json& stream : answer["streams"].items()) {
        std::string detail;
        for (const Json& track : stream["tracks"].items()) {
            detail += fmt::format("{}{}", detail.empty() ? "" : ", ", track["codec"].text().value_or("?"));
        }
        if (const auto reason = stream["reason"].text(); reason && !reason->empty()) detail = *reason;
        fmt::print("{:<24} {:<11} {:>7} {:>9}  {}\n", stream["id"].text().value_or(""),
                   stream["status"].text().value_or(""), stream["readerCount"].integer().value_or(0),
                   stream["inboundBitrate"].integer().value_or(0) / 1000, detail);
    }
}

int usage() {
    fmt::print(stderr, "rill: usage: rill ctl [--url URL] list | show ID | start ID | stop ID\n");
    return 2;
}

}  // namespace

int ctl(std::span<char*> arguments) {
    std::string server = "http://localhost:8080";
    std::vector<std::string> words(arguments.begin(), arguments.end());
    if (words.size() >= 2 && words[0] == "--url") {
        server = words[1];
        words.erase(words.begin(), words.begin() + 2);
    }
    if (server.ends_with('/')) server.pop_back();
    if (words.empty()) return usage();
    const std::string verb = words[0];
    const bool list = verb == "list";
    const bool steers = verb == "start" || verb == "stop";
    if (!(list ? words.size() == 1 : (steers || verb == "show") && words.size() == 2)) return usage();

    std::string url = server + "/api/v1/streams";
    if (!list) url += "/" + words[1];
    if (steers) url += "/" + verb;
    const auto answer = request(steers ? "POST" : "GET", url);
    if (!answer) {
        fmt::print(stderr, "rill: {}\n", answer.error().message);
        return 1;
    }
    const auto body = Json::parse(answer->body);
    if (answer->status != 200) {
        const auto reason = body ? (*body)["error"].text() : std::nullopt;
        fmt::print(stderr, "rill: {} ({})\n", reason.value_or("the server refused"), answer->status);
        return 1;
    }
    if (list && body) {
        print_list(*body);
    } else {
        fmt::print("{}\n", answer->body);
    }
    return 0;
}

}  // namespace rill
