#include "webrtc_sink.hpp"

#include "warm_up.hpp"
#include "webrtcbin_transport.hpp"
#include "whep.hpp"

namespace rill::webrtc {

WebrtcSink::WebrtcSink(Settings settings) : WebrtcSink(std::move(settings), make_webrtcbin_transport) {}

WebrtcSink::WebrtcSink(Settings settings, TransportFactory make_transport)
    : settings_(std::move(settings)), make_transport_(std::move(make_transport)) {}

WebrtcSink::~WebrtcSink() {
    stop("the path is gone");
}

Result<> WebrtcSink::start(SinkHost& host, std::span<const Track> tracks) {
    warm_ = warm_up();
    host_ = &host;
    door_ = std::make_shared<Door>(host);
    tracks_.assign(tracks.begin(), tracks.end());
    return ok();
}

Result<> WebrtcSink::update(SinkHost&, std::span<const Track> tracks) {
    tracks_.assign(tracks.begin(), tracks.end());
    const auto sessions = sessions_;
    for (const auto& [secret, session] : sessions) {
        if (!session->fits(tracks)) session->close("the camera changed its tracks or codecs");
    }
    return ok();
}

void WebrtcSink::stop(const std::string& reason) noexcept {
    if (door_) door_->close();
    const auto sessions = std::exchange(sessions_, {});
    for (const auto& [secret, session] : sessions)
        session->close(reason);
    host_ = nullptr;
}

void WebrtcSink::serve(SinkCall call) {
    serve_whep(*this, std::move(call));
}

Result<std::shared_ptr<Session>> WebrtcSink::open(std::string_view text, ReaderPtr reader,
                                                  SessionEvents events) {
    if (host_ == nullptr) return Error{Code::unavailable, "the path is not online"};
    auto offer = parse_offer(text);
    if (!offer) return offer.error();
    auto selection = choose_codecs(*offer, tracks_);
    if (!selection) return selection.error();

    Session::Given given;
    given.host = host_;
    given.door = door_;
    given.settings = &settings_;
    given.make_transport = make_transport_;
    for (const Choice& choice : selection->choices)
        given.fanouts.push_back(fanout_of(choice.track));
    given.offer = std::move(*offer);
    given.selection = std::move(*selection);
    given.reader = std::move(reader);
    given.events = std::move(events);
    given.ended = [this](Session& session) { sessions_.erase(session.secret()); };
    auto session = std::make_shared<Session>(std::move(given));
    sessions_.emplace(session->secret(), session);
    session->start();
    return session;
}

std::shared_ptr<Session> WebrtcSink::find(const std::string& secret) const {
    const auto found = sessions_.find(secret);
    return found == sessions_.end() ? nullptr : found->second;
}

std::shared_ptr<Fanout> WebrtcSink::fanout_of(const Track& track) {
    auto& slot = fanouts_[track.index];
    auto fanout = slot.lock();
    if (!fanout || fanout->track().format->codec != track.format->codec) {
        const std::uint32_t ssrc = ssrcs_.try_emplace(track.index, g_random_int()).first->second;
        fanout = std::make_shared<Fanout>(*host_, track, ssrc);
        slot = fanout;
    }
    return fanout;
}

}  // namespace rill::webrtc
