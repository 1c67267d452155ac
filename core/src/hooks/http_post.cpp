#include "http_post.hpp"

#include <rill/callback.hpp>

#include <libsoup/soup.h>

#include <utility>

namespace rill::hooks {

struct HttpPost::State {
    Ref<SoupMessage> message;
    Ref<GCancellable> cancellable = Ref<GCancellable>::adopt(g_cancellable_new());
    std::function<void(Result<int>)> done;  ///< empty: nobody waits
    Timer limit;
    bool timed_out = false;

    Result<int> result(GInputStream* answer, const GError* error) const {
        if (answer != nullptr) return static_cast<int>(soup_message_get_status(message.get()));
        if (timed_out) return Error{Code::timeout, "no answer in time"};
        return Error{Code::unavailable, error->message};
    }
};

HttpPost::HttpPost(Loop& loop, SoupSession* session, const PostRequest& request,
                   std::function<void(Result<int>)> done)
    : state_(std::make_shared<State>()) {
    state_->done = std::move(done);
    state_->message = Ref<SoupMessage>::adopt(soup_message_new("POST", request.url.c_str()));
    SoupMessage* message = state_->message.get();
    soup_message_add_flags(message, static_cast<SoupMessageFlags>(SOUP_MESSAGE_NO_REDIRECT |
                                                                  SOUP_MESSAGE_DO_NOT_USE_AUTH_CACHE));
    const auto body = Ref<GBytes>::adopt(g_bytes_new(request.body.data(), request.body.size()));
    soup_message_set_request_body_from_bytes(message, request.content_type.c_str(), body.get());
    for (const auto& [name, value] : request.headers)
        soup_message_headers_replace(soup_message_get_request_headers(message), name.c_str(), value.c_str());

    state_->limit = loop.after(request.timeout, [state = state_.get()] {
        state->timed_out = true;
        g_cancellable_cancel(state->cancellable.get());
    });
    using Shared = std::shared_ptr<State>;
    soup_session_send_async(
        session, message, G_PRIORITY_DEFAULT, state_->cancellable.get(),
        [](GObject* source, GAsyncResult* result, gpointer data) {
            const Shared state = kept<Shared>(data);
            drop<Shared>(data);
            state->limit.cancel();
            Owned<GError> error;
            const auto answer =
                Ref<GInputStream>::adopt(soup_session_send_finish(SOUP_SESSION(source), result, out(error)));
            // What the answer says is not read: it may be endless. Letting go of it closes the connection.
            if (const auto done = std::exchange(state->done, nullptr))
                done(state->result(answer.get(), error.get()));
        },
        keep(state_));
}

HttpPost::~HttpPost() {
    state_->done = nullptr;
    state_->limit.cancel();
    g_cancellable_cancel(state_->cancellable.get());
}

}  // namespace rill::hooks
