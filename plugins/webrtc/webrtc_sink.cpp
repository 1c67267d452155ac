#include "webrtc_sink.hpp"

#include "warm_up.hpp"
#include "whep.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rill::webrtc {

namespace {

/// Where nothing is live: the session makes what is heard of a recording, and what is seen is as it was.
Result<Track> plan_sound(const Track& track, const Rendition& rendition) {
    if (track.format->kind != Kind::audio)
        return Error{Code::not_acceptable, "recorded pictures are shown as they are"};
    return Track{track.index, std::make_shared<const Format>(rendered_format(*track.format, rendition)),
                 rendition};
}

}  // namespace

WebrtcSink::WebrtcSink(Settings settings, TransportFactory make_transport,
                       std::shared_ptr<SessionDirectory> directory)
    : settings_(std::move(settings)),
      make_transport_(std::move(make_transport)),
      directory_(std::move(directory)) {}

WebrtcSink::~WebrtcSink() {
    stop("the path is gone");
}

Result<> WebrtcSink::start(SinkHost& host, std::span<const Track> tracks) {
    // Open before the first viewer, who would be the first to learn that they cannot be.
    auto ports = ice::open_local_ports(settings_);
    if (!ports) return ports.error();
    ports_ = std::move(*ports);
    warm_ = warm_up();
    host_ = &host;
    door_ = std::make_shared<Door>([&host](std::function<void()> work) { host.post(std::move(work)); });
    out_of_order_.clear();
    tracks_.assign(tracks.begin(), tracks.end());
    return ok();
}

Result<> WebrtcSink::update(SinkHost&, std::span<const Track> tracks) {
    tracks_.assign(tracks.begin(), tracks.end());
    out_of_order_.clear();
    const auto sessions = sessions_;
    const auto fanout = [this](const Track& track) { return fanout_of(track); };
    for (const auto& [secret, session] : sessions) {
        if (!session->follow(tracks, fanout)) session->close("the camera changed its tracks or codecs");
    }
    // Those that were made for the awaited may know already.
    for (const Track& track : tracks) {
        const auto known = fanouts_.find({track.index, track.rendition});
        const auto made = known == fanouts_.end() ? nullptr : known->second.lock();
        if (made && made->is_out_of_order()) set_out_of_order(track.index);
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
                                                  SessionEvents events, const Wanted& wanted) {
    const std::optional<Recorded>& recorded = wanted.recorded;
    if (host_ == nullptr) return Error{Code::unavailable, "the path is not online"};
    auto offer = parse_offer(text);
    if (!offer) return offer.error();
    const std::vector<Track> tracks = tracks_for(recorded);
    if (tracks.empty() && recorded && !recorded->formats) return recorded->formats.error();
    if (tracks.empty()) return Error{Code::unavailable, "the path has not been online yet"};
    auto selection = tracks_.empty() ? choose_codecs(*offer, tracks, {plan_sound, 0, {}})
                                     : select(*offer, tracks, wanted.max_height);
    if (!selection) return selection.error();
    if (recorded) {
        if (const auto refused = recordings_refused(*selection)) return *refused;
    }

    Session::Given given;
    given.host = host_;
    given.door = door_;
    given.settings = &settings_;
    given.make_transport = make_transport_;
    for (const Choice& choice : selection->choices) {
        given.ssrcs.push_back(ssrc_of(choice.track));
        given.fanouts.push_back(tracks_.empty() ? nullptr : fanout_of(choice.track));
    }
    given.offer = std::move(*offer);
    given.selection = std::move(*selection);
    given.reader = std::move(reader);
    given.events = std::move(events);
    if (recorded) given.start_us = recorded->start_us;
    given.ended = [this](Session& session) { forget(session); };
    auto session = std::make_shared<Session>(std::move(given));
    sessions_.emplace(session->secret(), session);
    if (directory_) directory_->add(host_->path(), session);
    session->start();
    return session;
}

Result<Selection> WebrtcSink::select(const Offer& offer, std::span<const Track> tracks, int max_height) {
    const Render render = [this](const Track& track, const Rendition& rendition) {
        return host_->render(track, rendition);
    };
    Preferences preferences{render, max_height, out_of_order_, settings_.transcode_to};
    auto selection = choose_codecs(offer, tracks, preferences);
    if (!selection) return selection;
    bool is_news = false;
    for (const Choice& choice : selection->choices) {
        // Its cached pictures tell at once.
        if (!choice.track.rendition && fanout_of(choice.track)->is_out_of_order())
            is_news |= out_of_order_.insert(choice.track.index).second;
    }
    if (!is_news) return selection;
    preferences.out_of_order = out_of_order_;
    return choose_codecs(offer, tracks, preferences);
}

/// Seen while viewers watch: they go on with a rendition.
void WebrtcSink::set_out_of_order(std::size_t index) {
    out_of_order_.insert(index);
    const auto track = std::ranges::find(tracks_, index, &Track::index);
    if (track == tracks_.end()) return;
    std::shared_ptr<Fanout> rendered;
    const auto sessions = sessions_;
    for (const auto& [secret, session] : sessions) {
        if (!session->shows_as_it_is(index)) continue;
        if (!rendered) {
            const auto made = host_->render(*track, {.codec = track->format->codec});
            if (!made) {
                session->close(fmt::format("the camera's B-frames do not play in browsers, and: {}",
                                           made.error().message));
                continue;
            }
            rendered = fanout_of(*made);
        }
        session->show_instead(rendered);
    }
}

void WebrtcSink::forget(Session& session) {
    if (directory_) directory_->remove(host_->path(), session.secret());
    sessions_.erase(session.secret());
}

std::shared_ptr<Session> WebrtcSink::find(const std::string& secret) const {
    const auto found = sessions_.find(secret);
    return found == sessions_.end() ? nullptr : found->second;
}

std::vector<Track> WebrtcSink::tracks_for(const std::optional<Recorded>& recorded) const {
    if (!tracks_.empty() || !recorded || !recorded->formats) return tracks_;
    std::vector<Track> tracks;
    for (const auto& format : *recorded->formats)
        tracks.push_back({tracks.size(), format});
    return tracks;
}

std::uint32_t WebrtcSink::ssrc_of(const Track& track) {
    return ssrcs_.try_emplace(track.index, g_random_int()).first->second;
}

std::shared_ptr<Fanout> WebrtcSink::fanout_of(const Track& track) {
    auto& slot = fanouts_[{track.index, track.rendition}];
    auto fanout = slot.lock();
    if (!fanout || fanout->track().format->codec != track.format->codec) {
        fanout = std::make_shared<Fanout>(*host_, track, [this, door = door_, index = track.index] {
            door->post([this, index] { set_out_of_order(index); });
        });
        slot = fanout;
    }
    return fanout;
}

}  // namespace rill::webrtc
