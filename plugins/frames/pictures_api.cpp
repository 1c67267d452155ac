#include "pictures_api.hpp"

#include "asked.hpp"
#include "counters.hpp"
#include "frames_sink.hpp"
#include "mjpeg.hpp"
#include "one_picture.hpp"
#include "request.hpp"
#include "socket_client.hpp"

#include <rill/clock.hpp>
#include <rill/json.hpp>
#include <rill/status.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::frames {

namespace {

using CorsPtr = std::shared_ptr<const http::Cors>;
using Stay = FramesSink::Stay;

constexpr http::CorsTerms cors_terms{.methods = "OPTIONS, GET, HEAD",
                                     .request_headers = "authorization",
                                     .exposed_headers =
                                         "x-rill-sequence, x-rill-time, x-rill-format, x-rill-width, "
                                         "x-rill-height, x-rill-stride, retry-after"};

/// Of close frames, beyond those of RFC 6455: what HTTP would answer, and 4000.
int close_code(const Error& error) {
    return 4000 + http_status(error.code);
}

/// Calls back on the path's loop, with the sink or why there is none.
void open(Hub& hub, const std::string& path, const http::Request& request,
          std::function<void(Result<FramesSink*>, const ReaderPtr&)> callback) {
    hub.open(
        path, "frames", ReaderInfo::of("frames", request),
        [callback = std::move(callback)](Result<Opened> opened) {
            if (!opened) return callback(opened.error(), nullptr);
            auto* const sink = dynamic_cast<FramesSink*>(&opened->sink);
            if (sink == nullptr)
                return callback(Error{Code::internal, "the sink 'frames' is of another module"}, nullptr);
            callback(sink, opened->reader);
        });
}

/// On the path's loop: what waits for its pictures from here on.
template <class Client>
void attach(FramesSink& sink, const std::shared_ptr<Client>& client, const Wanted& wanted, Stay stay,
            const ReaderPtr& reader, const std::function<void(const Error&)>& refuse) {
    auto attached = sink.attach(wanted, client, stay, reader);
    if (!attached) return refuse(attached.error());
    client->keep(*std::move(attached));
}

/// One picture, or one after the other, for a request that its client answers.
template <class Client>
void serve(Hub& hub, const AskedPtr& asked, const std::string& path, const Wanted& wanted,
           const std::shared_ptr<Client>& client) {
    asked->on_abandoned([weak = std::weak_ptr(client)] {
        if (const auto gone = weak.lock()) gone->abandon();
    });
    open(hub, path, asked->request(),
         [asked, client, wanted](Result<FramesSink*> sink, const ReaderPtr& reader) {
             if (!sink) return asked->fail(sink.error());
             attach(**sink, client, wanted, Stay::for_the_next, reader,
                    [&](const Error& error) { asked->fail(error); });
         });
}

void serve_frame(Hub& hub, const AskedPtr& asked, const std::string& path) {
    const auto wanted = parse_wanted(asked->request());
    if (!wanted) return asked->fail(wanted.error());
    const auto after = parse_after(asked->request());
    if (!after) return asked->fail(after.error());
    serve(hub, asked, path, *wanted, std::make_shared<OnePicture>(asked, *after));
}

void serve_mjpeg(Hub& hub, const AskedPtr& asked, const std::string& path) {
    const auto wanted = parse_size(asked->request(), PixelFormat::jpeg);
    if (!wanted) return asked->fail(wanted.error());
    const auto pace = parse_pace(asked->request());
    if (!pace) return asked->fail(pace.error());
    serve(hub, asked, path, *wanted, std::make_shared<MjpegClient>(asked, *pace));
}

/// On the path's loop.
void take_snapshot(FramesSink& sink, const AskedPtr& asked, const Wanted& wanted,
                   std::chrono::microseconds max_age, const ReaderPtr& reader) {
    if (max_age.count() > 0) {
        const PicturePtr made = sink.snapshots().find(wanted, utc_now_us() - max_age.count());
        if (made) return asked->respond(to_response(*made));
    }
    const auto remember = [door = sink.door(), &sink, wanted](const PicturePtr& picture) {
        door->post([&sink, wanted, picture] { sink.snapshots().put(wanted, picture); });
    };
    const auto client = std::make_shared<OnePicture>(asked, 0, remember);
    attach(sink, client, wanted, Stay::briefly, reader, [&](const Error& error) { asked->fail(error); });
}

void serve_snapshot(Hub& hub, const AskedPtr& asked, const std::string& path) {
    const auto wanted = parse_size(asked->request(), PixelFormat::jpeg);
    if (!wanted) return asked->fail(wanted.error());
    const auto max_age = parse_max_age(asked->request());
    if (!max_age) return asked->fail(max_age.error());
    open(hub, path, asked->request(),
         [asked, wanted = *wanted, max_age = *max_age](Result<FramesSink*> sink, const ReaderPtr& reader) {
             if (!sink) return asked->fail(sink.error());
             take_snapshot(**sink, asked, wanted, max_age, reader);
         });
}

void serve_socket(Hub& hub, const std::shared_ptr<http::WebSocket>& socket, const std::string& path) {
    const auto refuse = [socket](const Error& error) { socket->close(close_code(error), error.message); };
    const auto wanted = parse_wanted(socket->request());
    if (!wanted) return refuse(wanted.error());
    const auto pace = parse_pace(socket->request());
    if (!pace) return refuse(pace.error());
    const auto client = std::make_shared<SocketClient>(socket, *pace);
    socket->on_drained([weak = std::weak_ptr(client)] {
        if (const auto writing = weak.lock()) writing->drained();
    });
    socket->on_message({}, [weak = std::weak_ptr(client)] {
        if (const auto gone = weak.lock()) gone->abandon();
    });
    open(hub, path, socket->request(),
         [client, refuse, wanted = *wanted](Result<FramesSink*> sink, const ReaderPtr& reader) {
             if (!sink) return refuse(sink.error());
             client->set_bounds({.pictures = (*sink)->settings().client_pictures});
             attach(**sink, client, wanted, Stay::for_the_next, reader, refuse);
         });
}

Json describe(const Counters& counters) {
    const auto number = [](const std::atomic<std::uint64_t>& counter) { return Json(counter.load()); };
    return Json::object()
        .set("decoders", number(counters.decoders))
        .set("decoder", counters.decoder())
        .set("clients", number(counters.clients))
        .set("conversions", number(counters.conversions))
        .set("pictureBytes", number(counters.picture_bytes))
        .set("sequence", number(counters.sequence))
        .set("decoderStarts", number(counters.starts))
        .set("decoderErrors", number(counters.errors))
        .set("decoded", number(counters.decoded))
        .set("notDecoded", number(counters.not_decoded))
        .set("skipped", number(counters.skipped))
        .set("converted", number(counters.converted))
        .set("notConverted", number(counters.not_converted))
        .set("sent", number(counters.sent))
        .set("sentBytes", number(counters.sent_bytes))
        .set("dropped", number(counters.dropped));
}

/// By the status: Hub::open would wake a path only to ask how it is.
void serve_stats(const Hub& hub, const AskedPtr& asked, const std::string& path) {
    const auto status = hub.status(path);
    if (!status) return asked->fail({Code::not_found, fmt::format("stream '{}' is not configured", path)});
    const auto sink = std::ranges::find(status->sinks, "frames", &SinkStatus::id);
    const auto* const counters =
        sink == status->sinks.end() ? nullptr : dynamic_cast<const Counters*>(sink->counters.get());
    static const Counters none;
    asked->respond(http::Response::json(200, describe(counters != nullptr ? *counters : none).dump()));
}

class PicturesApi final : public Controller {
  public:
    explicit PicturesApi(std::vector<std::string> origins)
        : cors_(std::make_shared<const http::Cors>(std::move(origins), cors_terms)) {}

    Result<> start(ControllerHost& host) override {
        alive_ = std::make_shared<bool>(true);
        Hub& hub = host.hub();
        const std::string base = "/api/v1/streams/{path}/";
        const auto add = [&](const char* name, auto serve) {
            return host.path_route(base + name, Needs::read,
                                   [this, serve, weak = std::weak_ptr(alive_)](PathCall call) {
                                       if (!weak.expired()) answer(std::move(call), serve);
                                   });
        };
        auto added = add("frame", [&hub](const AskedPtr& asked, const std::string& path) {
            serve_frame(hub, asked, path);
        });
        if (added)
            added = add("mjpeg", [&hub](const AskedPtr& asked, const std::string& path) {
                serve_mjpeg(hub, asked, path);
            });
        if (added)
            added = add("snapshot.jpg", [&hub](const AskedPtr& asked, const std::string& path) {
                serve_snapshot(hub, asked, path);
            });
        if (added)
            added = add("frames/stats", [&hub](const AskedPtr& asked, const std::string& path) {
                serve_stats(hub, asked, path);
            });
        if (!added) return added;
        return host.path_websocket(base + "frames", Needs::read,
                                   [&hub, weak = std::weak_ptr(alive_)](const PathSocket& socket) {
                                       if (!weak.expired()) serve_socket(hub, socket.socket, socket.path);
                                   });
    }
    void stop() noexcept override { alive_.reset(); }

  private:
    void answer(PathCall call, const std::function<void(const AskedPtr&, const std::string&)>& serve) const {
        const auto asked = std::make_shared<Asked>(std::move(call.exchange), cors_);
        const std::string& method = asked->request().method;
        if (method == "OPTIONS") return asked->respond(cors_->preflight());
        if (method != "GET")
            return asked->respond(http::Response::method_not_allowed(method, "GET, HEAD, OPTIONS"));
        serve(asked, call.path);
    }

    const CorsPtr cors_;
    std::shared_ptr<bool> alive_;  // from start to stop
};

}  // namespace

std::unique_ptr<Controller> make_pictures_api(std::vector<std::string> origins) {
    return std::make_unique<PicturesApi>(std::move(origins));
}

}  // namespace rill::frames
