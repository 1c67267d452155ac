// The server's end of a WebSocket whose client is the test.
#pragma once

#include <rill/http.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rill::frames::testing {

/// Nothing is ever written: what was sent stays queued. Threading: any thread.
class FakeSocket final : public http::WebSocket {
  public:
    const http::Request& request() const override { return request_; }
    void send_text(std::string) override {}
    void send_binary(Ref<GBytes> message) override {
        const std::lock_guard lock(mutex_);
        sent_.push_back(std::move(message));
    }
    void close(int code, std::string reason) override {
        const std::lock_guard lock(mutex_);
        closed_ = std::to_string(code) + " " + reason;
        sent_.clear();
    }
    std::size_t queued_bytes() const override {
        const std::lock_guard lock(mutex_);
        std::size_t bytes = 0;
        for (const auto& message : sent_)
            bytes += g_bytes_get_size(message.get());
        return bytes;
    }
    void on_drained(std::function<void()>) override {}
    void on_message(std::function<void(std::string_view, bool)>, std::function<void()>) override {}

    std::vector<Ref<GBytes>> sent() const {
        const std::lock_guard lock(mutex_);
        return sent_;
    }
    /// Code and reason; empty while it is open.
    std::string closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }

  private:
    http::Request request_;
    mutable std::mutex mutex_;
    std::vector<Ref<GBytes>> sent_;  // locked: mutex_
    std::string closed_;             // locked: mutex_
};

}  // namespace rill::frames::testing
