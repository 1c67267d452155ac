// Events told to a program elsewhere, by HTTP.
#pragma once

#include "http_post.hpp"
#include "hub/backoff.hpp"
#include "webhook_message.hpp"

#include <rill/clock.hpp>
#include <rill/log.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace rill::hooks {

struct WebhookSettings {
    std::string url;     ///< http or https; user and password in it become Basic authentication (RFC 7617)
    std::string secret;  ///< signs what is sent; empty: no signature
    std::chrono::milliseconds timeout{10'000};                       ///< of one attempt
    unsigned attempts = 30;                                          ///< of one event
    std::chrono::nanoseconds retry_time = std::chrono::minutes(10);  ///< of one event, from its first attempt
    std::size_t queue_events = 1000;
    std::size_t queue_bytes = 4u << 20;
};

/// Sends events to one URL, in their order, one at a time: POST with Content-Type application/json,
/// X-Rill-Event, and with a secret X-Rill-Signature. A status of 2xx is success. No connection, no answer in
/// time, 408, 425, 429 and 5xx are tried again, after the waits of Backoff; any other status, redirects too,
/// is final. An event may arrive twice: its answer can be lost.
///
/// When the queue is full, the oldest waiting event is dropped: the newest says how things are now. Logs and
/// messages name the host only, since paths and queries of such URLs are often secret.
///
/// Threading: one loop's thread, also for making and destroying it. Destroyed, it gives up what waits.
class Webhook {
  public:
    /// Error: invalid_config; the message holds no part of the URL but its scheme.
    static Result<std::unique_ptr<Webhook>> create(Loop& loop, const Log& log, const Clock& clock,
                                                   const WebhookSettings& settings);
    Webhook(const Webhook&) = delete;
    Webhook& operator=(const Webhook&) = delete;
    ~Webhook();

    void post(const Event& event);

    struct Counters {
        std::size_t waiting = 0;  ///< with the one that is being sent
        std::uint64_t delivered = 0;
        std::uint64_t failed_attempts = 0;
        std::uint64_t given_up = 0;  ///< refused, or tried as often and as long as allowed
        std::uint64_t dropped = 0;   ///< found no place in the queue
    };
    Counters counters() const;
    const std::string& host() const { return target_.host; }

  private:
    struct Message {
        std::string event;
        std::string body;
    };
    struct Target {
        std::string url;   ///< without credentials
        std::string host;  ///< for messages
        std::string authorization;
    };
    static Result<Target> read_url(const std::string& text);
    Webhook(Loop& loop, const Log& log, const Clock& clock, const WebhookSettings& settings, Target target);

    bool has_room(std::size_t bytes) const;
    void drop_oldest_waiting();
    void count_drop();
    void send_first();
    PostRequest request(const Message& message) const;
    void answered(const Result<int>& status);
    void failed(const Error& error);
    void give_up(const std::string& reason);
    void remove_first();

    Loop& loop_;
    const Log log_;
    const Clock& clock_;
    const WebhookSettings settings_;
    const Target target_;
    const Ref<SoupSession> session_;

    std::deque<Message> queue_;  ///< the first is the one that is being sent
    std::size_t queued_bytes_ = 0;
    bool full_ = false;  ///< since the queue was empty, and logged
    unsigned attempt_ = 0;
    std::chrono::nanoseconds first_attempt_{0};
    Backoff backoff_;
    std::unique_ptr<HttpPost> sending_;
    Timer retry_;
    Counters counters_;
};

}  // namespace rill::hooks
