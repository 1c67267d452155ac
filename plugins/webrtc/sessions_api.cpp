#include "sessions_api.hpp"

#include "online.hpp"
#include "replay_loader.hpp"
#include "steering.hpp"
#include "webrtc_sink.hpp"

#include <rill/clock.hpp>
#include <rill/http_asked.hpp>
#include <rill/http_cors.hpp>
#include <rill/http_recorded.hpp>
#include <rill/json.hpp>

#include <fmt/format.h>

#include <mutex>
#include <utility>
#include <variant>

namespace rill::webrtc {

namespace {

using CorsPtr = std::shared_ptr<const http::Cors>;

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET, POST, DELETE",
                                     .request_headers = "Authorization, Content-Type",
                                     .exposed_headers = "Location"};

class Asked : public http::Asked {
  public:
    explicit Asked(http::Exchange exchange)
        : http::Asked(std::move(exchange),
                      http::Response::error({Code::not_found, "the session has ended"})) {}

    using http::Asked::respond;
    void respond(const Json& body) { respond(http::Response::json(200, body.dump())); }
    void fail(const Error& error) { respond(http::Response::error(error)); }
    void refuse(const Refusal& refusal) {
        respond(refusal.of_time ? http::not_recorded(refusal.error, refusal.before_us, {})
                                : http::Response::error(refusal.error));
    }
    void refuse_method(std::string_view allowed) {
        respond(http::Response::method_not_allowed(request().method, allowed));
    }
};
using AskedPtr = std::shared_ptr<Asked>;

Json describe(const Session& session, const Position& position) {
    Json described = Json::object().set("id", session.secret()).set("remoteAddress", session.viewer().remote);
    const Json place = to_json(position);
    for (const auto& [key, value] : place.members())
        described.set(key, value);
    described.set("since", rfc3339(session.since_us()));
    return described;
}

/// Answers with a list when every session has said where it is, or has ended.
class Listing {
  public:
    Listing(AskedPtr asked, std::size_t count) : asked_(std::move(asked)), entries_(count) {}
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;
    ~Listing() {
        Json sessions = Json::array();
        for (Json& entry : entries_) {
            if (!entry.is_null()) sessions.append(std::move(entry));
        }
        asked_->respond(Json::object().set("sessions", std::move(sessions)));
    }
    void set(std::size_t place, Json entry) {
        const std::lock_guard lock(mutex_);
        entries_[place] = std::move(entry);
    }

  private:
    const AskedPtr asked_;
    std::mutex mutex_;
    std::vector<Json> entries_;  // locked: mutex_
};

/// What a session is to begin with.
struct Beginning {
    std::string sdp;
    int max_height = 0;
    std::optional<std::int64_t> start_us;  ///< live, when there is none
};

Result<Beginning> read_beginning(const std::string& body) {
    const auto message = Json::parse(body);
    if (!message) return message.error();
    const auto sdp = (*message)["sdp"].text();
    if (!sdp) return Error{Code::invalid_config, "a session begins with an \"sdp\", the offer of the viewer"};
    const auto max_height = read_max_height(*message);
    if (!max_height) return max_height.error();
    const Json& asked = (*message)["mode"];
    const std::string mode = asked.is_null() ? "live" : asked.text().value_or("");
    if (mode == "live") return Beginning{*sdp, *max_height, std::nullopt};
    if (mode != "dvr") return Error{Code::invalid_config, "the mode is \"live\" or \"dvr\""};
    const auto start = read_time((*message)["start"], utc_now_us());
    if (!start) return Error{Code::invalid_config, "a dvr session has a \"start\": " + start.error().message};
    return Beginning{*sdp, *max_height, *start};
}

using Found = std::variant<Recorded, Refusal>;

/// Where a viewer who wants to see a time begins: there, or at what was recorded next.
Found look(ArchiveView& view, std::int64_t time_us) {
    const auto segment = view.segment_at(time_us);
    if (!segment) return Refusal{.error = segment.error()};
    if (*segment) return Recorded{time_us, formats_of(**segment)};
    const auto around = view.nearest(time_us);
    if (!around) return Refusal{.error = around.error()};
    if (around->after) return Recorded{around->after->time.start_us, formats_of(*around->after)};
    Refusal none{.error = {Code::not_found, "nothing is recorded then, nor later"}, .of_time = true};
    none.before_us = around->before_us();
    return none;
}

/// Outlives its controller as long as one of its callbacks is under way.
class Sessions : public std::enable_shared_from_this<Sessions> {
  public:
    Sessions(ControllerHost& host, std::shared_ptr<SessionDirectory> directory, CorsPtr cors)
        : host_(host), directory_(std::move(directory)), cors_(std::move(cors)) {}

    /// …/sessions
    void serve_all(PathCall call) {
        const std::string& method = call.exchange.request().method;
        if (method == "OPTIONS") return answer_all(std::move(call.exchange), call.path);
        // Whoever knows a session's id may steer it; so a viewer must not see those of the others.
        const Purpose purpose =
            method == "POST" ? Purpose{Action::read, call.path, "webrtc"} : Purpose{Action::api, "", ""};
        call.exchange.allow(cors_);
        admit(host_.access(), std::move(call.exchange), purpose,
              [self = shared_from_this(), path = call.path](http::Exchange exchange) {
                  self->answer_all(std::move(exchange), path);
              });
    }

    /// …/sessions/{id}, …/sessions/{id}/{verb}
    void serve_one(PathCall call) {
        const auto asked = open_up(std::move(call.exchange));
        if (asked->request().method == "OPTIONS") return asked->respond(cors_->preflight());
        const auto slash = call.rest.find('/');
        const std::string id = call.rest.substr(0, slash);
        const auto session = directory_->find(call.path, id);
        if (!session)
            return asked->fail({Code::not_found, fmt::format("'{}' has no such session", call.path)});
        if (slash == std::string::npos) return serve_session(asked, session);
        const std::string verb = call.rest.substr(slash + 1);
        if (verb == "mode") return tell_mode(asked, session);
        if (!is_command(verb))
            return asked->fail({Code::not_found, fmt::format("a session has no '{}'", verb)});
        if (asked->request().method != "POST") return asked->refuse_method("POST");
        steer(asked, session, verb, call.path);
    }

  private:
    void answer_all(http::Exchange exchange, const std::string& path) {
        const auto asked = open_up(std::move(exchange));
        const std::string& method = asked->request().method;
        if (method == "OPTIONS") return asked->respond(cors_->preflight());
        if (method == "POST") return open(asked, path);
        if (method != "GET") return asked->refuse_method("GET, POST");
        if (!is_known(path)) return asked->fail(unknown(path));
        list(asked, path);
    }

    AskedPtr open_up(http::Exchange exchange) const {
        exchange.allow(cors_);
        return std::make_shared<Asked>(std::move(exchange));
    }
    bool is_known(const std::string& path) const {
        return host_.hub().status(path) != nullptr || !directory_->of(path).empty();
    }
    static Error unknown(const std::string& path) {
        return {Code::not_found, fmt::format("stream '{}' is not configured", path)};
    }

    void list(const AskedPtr& asked, const std::string& path) const {
        const auto sessions = directory_->of(path);
        const auto listing = std::make_shared<Listing>(asked, sessions.size());
        for (std::size_t place = 0; place < sessions.size(); ++place) {
            sessions[place]->request_position(
                [listing, place, weak = std::weak_ptr(sessions[place])](const Outcome& outcome) {
                    const auto session = weak.lock();
                    if (session) listing->set(place, describe(*session, std::get<Position>(outcome)));
                });
        }
    }

    static void serve_session(const AskedPtr& asked, const std::shared_ptr<Session>& session) {
        const std::string& method = asked->request().method;
        if (method == "DELETE") {
            session->request_close("ended over the API");
            return asked->respond(Json::object().set("status", "ok"));
        }
        if (method != "GET") return asked->refuse_method("GET, DELETE");
        session->request_position([asked, weak = std::weak_ptr(session)](const Outcome& outcome) {
            const auto alive = weak.lock();
            if (alive) asked->respond(describe(*alive, std::get<Position>(outcome)));
        });
    }

    static void tell_mode(const AskedPtr& asked, const std::shared_ptr<Session>& session) {
        if (asked->request().method != "GET") return asked->refuse_method("GET");
        session->request_position(
            [asked](const Outcome& outcome) { asked->respond(to_json(std::get<Position>(outcome))); });
    }

    void steer(const AskedPtr& asked, const std::shared_ptr<Session>& session, const std::string& verb,
               const std::string& path) const {
        // "live" needs no body.
        const std::string& body = asked->request().body;
        const auto arguments = body.empty() ? Result<Json>(Json::object()) : Json::parse(body);
        if (!arguments) return asked->fail(arguments.error());
        auto command = read_command(verb, *arguments, utc_now_us());
        if (!command) return asked->fail(command.error());
        command->path_is_online = is_online(host_.hub(), path);
        session->request(*command, [asked](const Outcome& outcome) {
            if (const auto* refusal = std::get_if<Refusal>(&outcome)) return asked->refuse(*refusal);
            asked->respond(to_json(std::get<Position>(outcome)));
        });
    }

    void open(const AskedPtr& asked, const std::string& path) {
        auto beginning = read_beginning(asked->request().body);
        if (!beginning) return asked->fail(beginning.error());
        if (!beginning->start_us)
            return begin(asked, path, beginning->sdp, {.max_height = beginning->max_height});
        Archive* archive = host_.archive();
        if (archive == nullptr)
            return asked->fail({Code::unavailable, "nothing is recorded here: there is no archive"});
        archive->read(path, [weak = weak_from_this(), loop = &host_.loop(), asked, path,
                             beginning = *beginning](ArchiveView& view) {
            loop->post([weak, asked, path, beginning, found = look(view, *beginning.start_us)] {
                if (const auto self = weak.lock()) self->begin_at(asked, path, beginning, found);
            });
        });
    }

    void begin_at(const AskedPtr& asked, const std::string& path, const Beginning& beginning,
                  const Found& found) {
        Wanted wanted{.max_height = beginning.max_height};
        if (const auto* recorded = std::get_if<Recorded>(&found)) {
            wanted.recorded = *recorded;
            return begin(asked, path, beginning.sdp, wanted);
        }
        const auto& refusal = std::get<Refusal>(found);
        if (!refusal.of_time || !is_online(host_.hub(), path)) return asked->refuse(refusal);
        begin(asked, path, beginning.sdp, wanted);
    }

    void begin(const AskedPtr& asked, const std::string& path, const std::string& sdp, const Wanted& wanted) {
        const http::Request& request = asked->request();
        // The recordings of a camera that is down can be watched, too.
        const OpenIf state = wanted.recorded ? OpenIf::offline_too : OpenIf::online;
        host_.hub().open(path, "webrtc", ReaderInfo::of("webrtc", request), state,
                         [asked, sdp, wanted](Result<Opened> opened) {
                             if (!opened) return asked->fail(opened.error());
                             enter(asked, *opened, sdp, wanted);
                         });
    }

    /// Path's loop.
    static void enter(const AskedPtr& asked, const Opened& opened, const std::string& sdp,
                      const Wanted& wanted) {
        auto* sink = dynamic_cast<WebrtcSink*>(&opened.sink);
        if (sink == nullptr) return asked->fail({Code::internal, "the sink 'webrtc' is of another module"});
        SessionEvents events;
        events.answered = [asked](const Session& session, const Result<std::string>& answer) {
            if (!answer) return asked->fail(answer.error());
            created(*asked, session, *answer);
        };
        auto session = sink->open(sdp, opened.reader, std::move(events), wanted);
        if (!session) return asked->fail(session.error());
        asked->on_abandoned([weak = std::weak_ptr<Session>(*session)] {
            if (const auto abandoned = weak.lock())
                abandoned->request_close("the viewer left before the answer");
        });
    }

    static void created(Asked& asked, const Session& session, const std::string& answer) {
        const Position position = session.position();
        const Json body = Json::object()
                              .set("id", session.secret())
                              .set("sdp", answer)
                              .set("mode", position.live ? "live" : "dvr")
                              .set("time", rfc3339_us(position.time_us));
        auto response = http::Response::json(201, body.dump());
        response.header("Location", fmt::format("{}/{}", asked.request().path, session.secret()));
        asked.respond(std::move(response));
    }

    ControllerHost& host_;
    const std::shared_ptr<SessionDirectory> directory_;
    const CorsPtr cors_;
};

class SessionsApi final : public Controller {
  public:
    SessionsApi(std::shared_ptr<SessionDirectory> directory, std::vector<std::string> origins)
        : directory_(std::move(directory)),
          cors_(std::make_shared<const http::Cors>(std::move(origins), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        sessions_ = std::make_shared<Sessions>(host, directory_, cors_);
        const auto serve = [this](auto handler) {
            return [weak = std::weak_ptr(sessions_), handler](PathCall call) {
                if (const auto sessions = weak.lock()) ((*sessions).*handler)(std::move(call));
            };
        };
        auto all = host.path_route("/api/v1/streams/{path}/sessions", {Needs::handler_asks, Counts::session},
                                   serve(&Sessions::serve_all));
        if (!all) return all;
        return host.path_route("/api/v1/streams/{path}/sessions/*", {Needs::read, Counts::request},
                               serve(&Sessions::serve_one));
    }
    void stop() noexcept override { sessions_.reset(); }

  private:
    const std::shared_ptr<SessionDirectory> directory_;
    const CorsPtr cors_;
    std::shared_ptr<Sessions> sessions_;
};

}  // namespace

std::unique_ptr<Controller> make_sessions_api(std::shared_ptr<SessionDirectory> directory,
                                              std::vector<std::string> origins) {
    return std::make_unique<SessionsApi>(std::move(directory), std::move(origins));
}

}  // namespace rill::webrtc
