#include "webhook.hpp"

#include <rill/url.hpp>

#include <fmt/format.h>
#include <libsoup/soup.h>

#include <utility>

namespace rill::hooks {
namespace {

bool is_worth_a_retry(int status) {
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

std::string base64(const std::string& text) {
    const Owned<char> encoded(g_base64_encode(reinterpret_cast<const guchar*>(text.data()), text.size()));
    return encoded.get();
}

Ref<SoupSession> make_session() {
    // Without the proxies of the environment: a webhook goes where its URL says.
    return Ref<SoupSession>::adopt(soup_session_new_with_options("user-agent", "Rill/" RILL_VERSION,
                                                                 "proxy-resolver", nullptr, nullptr));
}

}  // namespace

Result<Webhook::Target> Webhook::read_url(const std::string& text) {
    const auto url = split_url(text);
    if (!url) return url.error();
    if (url->scheme != "http" && url->scheme != "https")
        return Error{Code::invalid_config,
                     fmt::format("a webhook cannot use {}://; write http:// or https://", url->scheme)};
    Target target{without_credentials(*url), url->host, ""};
    if (url->has_user) target.authorization = "Basic " + base64(url->user + ":" + url->password);
    const auto message = Ref<SoupMessage>::adopt(soup_message_new("POST", target.url.c_str()));
    if (!message)
        return Error{Code::invalid_config, "the URL of a webhook cannot be read; look at its host and path"};
    return target;
}

Result<std::unique_ptr<Webhook>> Webhook::create(Loop& loop, const Log& log, const Clock& clock,
                                                 const WebhookSettings& settings) {
    loop.assert_owner();
    auto target = read_url(settings.url);
    if (!target) return target.error();
    return std::unique_ptr<Webhook>(new Webhook(loop, log, clock, settings, std::move(*target)));
}

Webhook::Webhook(Loop& loop, const Log& log, const Clock& clock, const WebhookSettings& settings,
                 Target target)
    : loop_(loop),
      log_(log.child("webhook " + target.host)),
      clock_(clock),
      settings_(settings),
      target_(std::move(target)),
      session_(make_session()),
      backoff_(std::hash<std::string>()(settings.url)) {}

Webhook::~Webhook() {
    if (!queue_.empty()) log_.warning("{} events not delivered", queue_.size());
    sending_.reset();
    soup_session_abort(session_.get());
}

Webhook::Counters Webhook::counters() const {
    Counters counters = counters_;
    counters.waiting = queue_.size();
    return counters;
}

void Webhook::post(const Event& event) {
    loop_.assert_owner();
    const Owned<char> id(g_uuid_string_random());
    Message message{event.name, webhook_body(event, id.get())};
    const std::size_t bytes = message.body.size();
    // The first is on its way and stays. One that would not fit into an empty queue pushes nobody out.
    while (!has_room(bytes) && queue_.size() > 1 && bytes <= settings_.queue_bytes)
        drop_oldest_waiting();
    if (!has_room(bytes)) {
        count_drop();
        return;
    }
    queued_bytes_ += bytes;
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) send_first();
}

bool Webhook::has_room(std::size_t bytes) const {
    return queue_.size() < settings_.queue_events && queued_bytes_ + bytes <= settings_.queue_bytes;
}

void Webhook::drop_oldest_waiting() {
    queued_bytes_ -= queue_[1].body.size();
    queue_.erase(queue_.begin() + 1);
    count_drop();
}

void Webhook::count_drop() {
    ++counters_.dropped;
    if (!std::exchange(full_, true)) log_.warning("queue is full, discarding events");
}

void Webhook::send_first() {
    if (attempt_++ == 0) first_attempt_ = clock_.now();
    sending_ = std::make_unique<HttpPost>(loop_, session_.get(), request(queue_.front()),
                                          [this](const Result<int>& status) { answered(status); });
}

PostRequest Webhook::request(const Message& message) const {
    PostRequest request{target_.url, "application/json", {}, message.body, settings_.timeout};
    request.headers.emplace_back("X-Rill-Event", message.event);
    if (!settings_.secret.empty())
        request.headers.emplace_back("X-Rill-Signature", webhook_signature(settings_.secret, message.body));
    if (!target_.authorization.empty()) request.headers.emplace_back("Authorization", target_.authorization);
    return request;
}

void Webhook::answered(const Result<int>& status) {
    if (!status) {
        failed(status.error());
    } else if (*status >= 200 && *status < 300) {
        ++counters_.delivered;
        backoff_ = Backoff(std::hash<std::string>()(settings_.url));
        remove_first();
    } else if (is_worth_a_retry(*status)) {
        failed({Code::unavailable, fmt::format("status {}", *status)});
    } else {
        ++counters_.failed_attempts;
        give_up(fmt::format("status {}", *status));
    }
}

void Webhook::failed(const Error& error) {
    ++counters_.failed_attempts;
    const bool in_time = clock_.now() - first_attempt_ < settings_.retry_time;
    if (attempt_ >= settings_.attempts || !in_time) {
        give_up(fmt::format("{}, after {} attempts", error.message, attempt_));
        return;
    }
    const auto wait = backoff_.next(error.code);
    log_.debug("{} not delivered: {}; again in {} ms", queue_.front().event, error.message, wait.count());
    retry_ = loop_.after(wait, [this] { send_first(); });
}

void Webhook::give_up(const std::string& reason) {
    ++counters_.given_up;
    log_.warning("{} given up: {}", queue_.front().event, reason);
    remove_first();
}

void Webhook::remove_first() {
    queued_bytes_ -= queue_.front().body.size();
    queue_.pop_front();
    attempt_ = 0;
    if (queue_.empty()) {
        full_ = false;
    } else {
        send_first();
    }
}

}  // namespace rill::hooks
