#include "event_streams.hpp"

#include <rill/clock.hpp>
#include <rill/http_query.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace rill::api {
namespace {

using namespace std::chrono_literals;

/// Proxies end connections that are silent for a minute, some earlier.
constexpr unsigned heartbeat_seconds = 15;
constexpr unsigned linger_seconds = 60;

bool concerns(const std::string& wanted, const std::string& path) {
    return wanted.empty() || wanted == path;
}

std::string text_of(const Event& event, std::string_view run, std::uint64_t number) {
    const Json data = Json::object()
                          .set("event", to_string(event.kind))
                          .set("path", event.path)
                          .set("time", rfc3339_us(event.time_us))
                          .set("alarm", is_alarm(event.kind))
                          .set("details", details_of(event));
    return fmt::format("id: {}-{}\nevent: {}\ndata: {}\n\n", run, number, to_string(event.kind), data.dump());
}

/// The number behind the run; empty: it is of another run, or no id of ours.
std::optional<std::uint64_t> number_in(std::string_view id, std::string_view run) {
    if (!id.starts_with(run) || id.size() <= run.size() + 1 || id[run.size()] != '-') return std::nullopt;
    id.remove_prefix(run.size() + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
    return number;
}

}  // namespace

EventStreams::~EventStreams() {
    for (const Client& client : clients_) {
        if (const auto queue = client.queue.lock()) queue->close();
    }
}

void EventStreams::serve(const Asked& asked) {
    const http::Request& request = asked.request();
    if (request.method != "GET") return asked.refuse_method("GET");
    std::erase_if(clients_, [](const Client& client) { return client.queue.expired(); });
    if (clients_.size() >= most_clients) {
        return asked.fail(
            {Code::too_many, fmt::format("{} clients have events already, which is the most", most_clients)});
    }
    begin();
    const auto queue = std::make_shared<EventQueue>();
    const std::string* path = http::find(request, "path");
    clients_.push_back({path != nullptr ? *path : "", queue});
    // Something at once: proxies and browsers hold the answer back until its first bytes.
    queue->push(std::make_shared<const std::string>("retry: 3000\n\n"));
    catch_up(clients_.back(), *queue, request.header("last-event-id"));

    http::Response response;
    response.content_type = "text/event-stream";
    response.header("x-accel-buffering", "no");
    response.stream = http::StreamedBody(std::make_unique<EventBody>(queue));
    asked.respond(std::move(response));
}

void EventStreams::begin() {
    idle_seconds_ = 0;
    if (observer_) return;
    run_ = fmt::format("{:x}", utc_now_us());
    observer_ = events_.observe([this](const Event& event) { happened(event); });
    timer_ = loop_.every(1s, [this] { second(); });
}

void EventStreams::end() {
    observer_.reset();
    kept_.clear();
    number_ = 0;
    timer_.cancel();
}

/// What came after the event that the client had last.
void EventStreams::catch_up(const Client& client, EventQueue& queue, std::string_view last) const {
    if (last.empty()) return;
    const auto number = number_in(last, run_);
    if (!number || *number > number_) {
        queue.push(std::make_shared<const std::string>("event: lost\ndata: {\"lost\":null}\n\n"));
        return;
    }
    // Some of these may have been of other paths.
    const std::uint64_t oldest = kept_.empty() ? number_ + 1 : kept_.front().number;
    if (*number + 1 < oldest)
        queue.push(std::make_shared<const std::string>(lost_event(oldest - *number - 1)));
    for (const Kept& kept : kept_) {
        if (kept.number > *number && concerns(client.path, kept.path)) queue.push(kept.text);
    }
}

void EventStreams::happened(const Event& event) {
    const auto text = std::make_shared<const std::string>(text_of(event, run_, ++number_));
    kept_.push_back({number_, event.path, text});
    if (kept_.size() > most_kept) kept_.pop_front();
    for (const Client& client : clients_) {
        const auto queue = client.queue.lock();
        if (queue && concerns(client.path, event.path)) queue->push(text);
    }
}

void EventStreams::second() {
    if (++seconds_ % heartbeat_seconds == 0) {
        for (const Client& client : clients_) {
            if (const auto queue = client.queue.lock()) queue->keep_alive();
        }
    }
    std::erase_if(clients_, [](const Client& client) { return client.queue.expired(); });
    idle_seconds_ = clients_.empty() ? idle_seconds_ + 1 : 0;
    if (idle_seconds_ >= linger_seconds) end();
}

}  // namespace rill::api
