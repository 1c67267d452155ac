#include "auth/fetch.hpp"

#include <rill/callback.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::auth {
namespace {

constexpr gsize piece_bytes = 16u << 10;

Ref<SoupSession> new_session() {
    constexpr int most = static_cast<int>(Fetch::most_at_once);
    return Ref<SoupSession>::adopt(soup_session_new_with_options("max-conns", most, "max-conns-per-host",
                                                                 most, "idle-timeout", 30, nullptr));
}

}  // namespace

/// One request, kept by Fetch and by the operation that GIO runs for it.
class Fetch::Call : public std::enable_shared_from_this<Call> {
  public:
    Call(Fetch& fetch, Done done)
        : fetch_(&fetch),
          done_(std::move(done)),
          cancellable_(Ref<GCancellable>::adopt(g_cancellable_new())) {}

    void start(Ref<SoupMessage> message) {
        message_ = std::move(message);
        soup_session_send_async(fetch_->session_.get(), message_.get(), G_PRIORITY_DEFAULT,
                                cancellable_.get(), on_sent, keep(shared_from_this()));
    }
    void start(Ref<GFile> file) {
        g_file_read_async(file.get(), G_PRIORITY_DEFAULT, cancellable_.get(), on_opened,
                          keep(shared_from_this()));
    }
    void set_deadline(Timer deadline) { deadline_ = std::move(deadline); }

    void finish(Result<Reply> reply) {
        if (fetch_ == nullptr) return;
        deadline_.cancel();
        g_cancellable_cancel(cancellable_.get());
        const Done done = std::move(done_);
        std::exchange(fetch_, nullptr)->calls_.erase(shared_from_this());
        done(std::move(reply));
    }
    void abandon() {
        fetch_ = nullptr;
        deadline_.cancel();
        g_cancellable_cancel(cancellable_.get());
    }

  private:
    using Self = std::shared_ptr<Call>;

    static Self taken(gpointer data) {
        Self self = kept<Self>(data);
        drop<Self>(data);
        return self;
    }
    static void on_sent(GObject* session, GAsyncResult* result, gpointer data) {
        Owned<GError> error;
        auto stream =
            Ref<GInputStream>::adopt(soup_session_send_finish(SOUP_SESSION(session), result, out(error)));
        taken(data)->receive(std::move(stream), error.get());
    }
    static void on_opened(GObject* file, GAsyncResult* result, gpointer data) {
        Owned<GError> error;
        auto stream =
            Ref<GInputStream>::adopt(G_INPUT_STREAM(g_file_read_finish(G_FILE(file), result, out(error))));
        taken(data)->receive(std::move(stream), error.get());
    }
    static void on_piece(GObject* stream, GAsyncResult* result, gpointer data) {
        Owned<GError> error;
        const auto bytes =
            Ref<GBytes>::adopt(g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, out(error)));
        taken(data)->take(bytes.get(), error.get());
    }

    void receive(Ref<GInputStream> stream, const GError* error) {
        if (!stream) return finish(Error{Code::unavailable, error->message});
        stream_ = std::move(stream);
        if (message_) reply_.status = soup_message_get_status(message_.get());
        read();
    }
    void read() {
        g_input_stream_read_bytes_async(stream_.get(), piece_bytes, G_PRIORITY_DEFAULT, cancellable_.get(),
                                        on_piece, keep(shared_from_this()));
    }
    void take(GBytes* bytes, const GError* error) {
        if (bytes == nullptr) return finish(Error{Code::unavailable, error->message});
        gsize size = 0;
        const auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        if (size == 0) return finish(std::move(reply_));
        if (reply_.body.size() + size > largest_body) {
            return finish(
                Error{Code::unavailable, fmt::format("the answer is larger than {} bytes", largest_body)});
        }
        reply_.body.append(data, size);
        read();
    }

    Fetch* fetch_;  // null: finished or abandoned
    Done done_;
    const Ref<GCancellable> cancellable_;
    Ref<SoupMessage> message_;
    Ref<GInputStream> stream_;
    Reply reply_{.status = SOUP_STATUS_OK, .body = {}};
    Timer deadline_;
};

Fetch::Fetch(Loop& loop, std::chrono::milliseconds time_limit)
    : loop_(loop), time_limit_(time_limit), session_(new_session()) {
    loop.assert_owner();
}

Fetch::~Fetch() {
    for (const auto& call : calls_)
        call->abandon();
    soup_session_abort(session_.get());
}

std::shared_ptr<Fetch::Call> Fetch::begin(Done done) {
    auto call = std::make_shared<Call>(*this, std::move(done));
    calls_.insert(call);
    const auto end_with = [this, &call](std::chrono::milliseconds delay, Error error) {
        call->set_deadline(loop_.after(delay, [weak = std::weak_ptr(call), error = std::move(error)] {
            if (const auto late = weak.lock()) late->finish(error);
        }));
    };
    if (calls_.size() > most_at_once) {
        end_with(std::chrono::milliseconds(0),
                 {Code::unavailable, fmt::format("{} requests are under way already", most_at_once)});
        return nullptr;
    }
    end_with(time_limit_, {Code::timeout, fmt::format("no answer within {} ms", time_limit_.count())});
    return call;
}

void Fetch::get(const std::string& url, Done done) {
    if (!url.starts_with("file:")) return send("GET", url, nullptr, std::move(done));
    if (const auto call = begin(std::move(done)))
        call->start(Ref<GFile>::adopt(g_file_new_for_uri(url.c_str())));
}

void Fetch::post_json(const std::string& url, const std::string& body, Done done) {
    send("POST", url, &body, std::move(done));
}

void Fetch::send(const char* method, const std::string& url, const std::string* json, Done done) {
    const auto call = begin(std::move(done));
    if (!call) return;
    auto message = Ref<SoupMessage>::adopt(soup_message_new(method, url.c_str()));
    if (!message) {
        call->set_deadline(loop_.after(std::chrono::milliseconds(0), [weak = std::weak_ptr(call)] {
            if (const auto invalid = weak.lock())
                invalid->finish(Error{Code::unavailable, "the URL is not valid"});
        }));
        return;
    }
    soup_message_add_flags(message.get(), SOUP_MESSAGE_NO_REDIRECT);
    if (json != nullptr) {
        const auto bytes = Ref<GBytes>::adopt(g_bytes_new(json->data(), json->size()));
        soup_message_set_request_body_from_bytes(message.get(), "application/json", bytes.get());
    }
    call->start(std::move(message));
}

}  // namespace rill::auth
