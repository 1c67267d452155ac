#include "signalling.hpp"

#include "online.hpp"
#include "webrtc_sink.hpp"

#include <rill/clock.hpp>
#include <rill/json.hpp>

#include <memory>
#include <mutex>

namespace rill::webrtc {

namespace {

/// Answers and errors of one socket. Shared by the socket's callbacks (main thread) and the session's (path's
/// loop).
class Conversation : public std::enable_shared_from_this<Conversation> {
  public:
    Conversation(std::shared_ptr<http::WebSocket> socket, ControllerHost& host)
        : socket_(std::move(socket)), access_(host.access()), hub_(host.hub()) {}

    /// Main thread.
    void received(std::string_view text, bool binary) {
        auto message = Json::parse(text);
        const auto type = message && !binary ? (*message)["type"].text() : std::nullopt;
        if (!type) {
            send_error({Code::invalid_config, "a message is a JSON object with a \"type\""});
        } else if (*type == "offer") {
            receive_offer(*message);
        } else if (*type == "candidate") {
            receive_candidate(*message);
        } else if (is_command(*type)) {
            receive_command(*type, *message);
        } else {
            send_error({Code::invalid_config,
                        "the type is \"offer\", \"candidate\", \"seek\", \"live\", \"speed\" or \"step\""});
        }
    }

    /// Main thread. The socket is gone.
    void closed() {
        std::shared_ptr<Session> session;
        {
            const std::lock_guard lock(mutex_);
            gone_ = true;
            session = session_.lock();
        }
        if (session) session->request_close("the signalling socket was closed");
    }

  private:
    void receive_offer(const Json& message) {
        auto stream = message["streamId"].text();
        auto sdp = message["sdp"].text();
        if (!stream || !sdp) {
            send_error({Code::invalid_config, "an offer has a \"streamId\" and an \"sdp\""});
            return;
        }
        const auto max_height = read_max_height(message);
        if (!max_height) return send_error(max_height.error());
        {
            const std::lock_guard lock(mutex_);
            if (offered_) {
                send_error({Code::conflict, "this socket has its session; open another one"});
                return;
            }
            offered_ = true;
            path_ = *stream;
        }
        access_.ask(socket_->request(), {Action::read, *stream, "webrtc"},
                    [self = shared_from_this(), path = *stream, sdp = std::move(*sdp),
                     wanted = Wanted{.max_height = *max_height}](const Result<Identity>& identity) {
                        if (!identity) return self->refuse(identity.error());
                        self->begin(path, identity->user, sdp, wanted);
                    });
    }

    void begin(const std::string& path, const std::string& user, const std::string& sdp,
               const Wanted& wanted) {
        const http::Request& request = socket_->request();
        ReaderInfo info = ReaderInfo::of("webrtc", request);
        info.user = user;
        hub_.open(path, "webrtc", std::move(info),
                  [self = shared_from_this(), sdp, wanted](Result<Opened> opened) {
                      if (opened) {
                          self->open(*opened, sdp, wanted);
                      } else {
                          self->refuse(opened.error());
                      }
                  });
    }

    void receive_candidate(const Json& message) {
        // A missing or empty candidate ends the viewer's list; nothing waits for that.
        const std::string candidate = message["candidate"].text().value_or("");
        if (candidate.empty()) return;
        if (!is_candidate(candidate)) {
            send_error({Code::invalid_config, "a broken candidate"});
            return;
        }
        std::shared_ptr<Session> session;
        {
            const std::lock_guard lock(mutex_);
            session = session_.lock();
            if (!session && early_.size() < max_early) early_.push_back(candidate);
        }
        if (session) session->request_candidate(candidate);
    }

    void receive_command(const std::string& type, const Json& message) {
        auto command = read_command(type, message, utc_now_us());
        if (!command) return send_error(command.error());
        std::shared_ptr<Session> session;
        std::string path;
        {
            const std::lock_guard lock(mutex_);
            session = session_.lock();
            path = path_;
        }
        if (!session) return send_error({Code::conflict, "there is no session yet"});
        command->path_is_online = is_online(hub_, path);
        // What is done is told by the position.
        session->request(*command, [self = shared_from_this()](const Outcome& outcome) {
            if (const auto* refusal = std::get_if<Refusal>(&outcome)) self->send_refusal(*refusal);
        });
    }

    /// Path's loop.
    void open(const Opened& opened, const std::string& sdp, const Wanted& wanted) {
        auto* sink = dynamic_cast<WebrtcSink*>(&opened.sink);
        if (sink == nullptr) {
            refuse({Code::internal, "the sink 'webrtc' is of another module"});
            return;
        }
        SessionEvents events;
        events.answered = [self = shared_from_this()](const Session& session,
                                                      const Result<std::string>& answer) {
            self->answer(session, answer);
        };
        events.closed = [self = shared_from_this()](const std::string& reason) { self->end(reason); };
        events.moved = [self = shared_from_this()](const Position& position) {
            self->send(to_json(position).set("type", "position"));
        };
        auto session = sink->open(sdp, opened.reader, std::move(events), wanted);
        if (!session) {
            refuse(session.error());
            return;
        }
        std::vector<std::string> early;
        bool gone = false;
        {
            const std::lock_guard lock(mutex_);
            session_ = *session;
            early.swap(early_);
            gone = gone_;
        }
        for (const std::string& candidate : early)
            (*session)->add_candidate(candidate);
        if (gone) (*session)->close("the signalling socket was closed");
    }

    void answer(const Session& session, const Result<std::string>& answer) {
        if (!answer) {
            send_error(answer.error());
            return;
        }
        send(Json::object()
                 .set("type", "answer")
                 .set("sdp", *answer)
                 .set("sessionId", session.id())
                 .set("session", session.secret()));
    }

    void end(const std::string& reason) {
        send(Json::object().set("type", "closed").set("reason", reason));
        socket_->close(normal_closure, "");
    }

    /// There will be no session: the viewer may try again on another socket.
    void refuse(const Error& error) {
        send_error(error);
        socket_->close(normal_closure, "");
    }

    void send_error(const Error& error) { send_refusal({.error = error}); }

    void send_refusal(const Refusal& refusal) {
        Json message = Json::object()
                           .set("type", "error")
                           .set("code", http_status(refusal.error.code))
                           .set("message", refusal.error.message);
        add_neighbours(message, refusal);
        send(message);
    }

    void send(const Json& message) { socket_->send_text(message.dump()); }

    static constexpr int normal_closure = 1000;
    static constexpr std::size_t max_early = 64;

    const std::shared_ptr<http::WebSocket> socket_;
    Access& access_;
    Hub& hub_;

    std::mutex mutex_;
    // Locked: mutex_.
    bool offered_ = false;
    std::string path_;  // of the offer
    bool gone_ = false;
    std::weak_ptr<Session> session_;
    std::vector<std::string> early_;  // candidates that came before the session
};

class Signalling final : public Controller {
  public:
    Result<> start(ControllerHost& host) override {
        return host.websocket(
            "/ws", Needs::handler_asks, [&host](const std::shared_ptr<http::WebSocket>& socket) {
                const auto conversation = std::make_shared<Conversation>(socket, host);
                socket->on_message([conversation](std::string_view data,
                                                  bool binary) { conversation->received(data, binary); },
                                   [conversation] { conversation->closed(); });
            });
    }
    void stop() noexcept override {}
};

}  // namespace

std::unique_ptr<Controller> make_signalling() {
    return std::make_unique<Signalling>();
}

}  // namespace rill::webrtc
