#include "session.hpp"

#include "description.hpp"
#include "warm_up.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sys/random.h>

namespace rill::webrtc {

namespace {

using namespace std::chrono_literals;

/// A viewer that asks for keyframes faster than it can get one decoded gets no more of them.
constexpr Nanoseconds replay_interval = 500ms;

bool is_loopback(std::string_view remote) {
    return remote.starts_with("127.") || remote.starts_with("[::1]") || remote.starts_with("[::ffff:127.");
}

std::string describe(const Selection& selection) {
    std::string codecs;
    for (const Choice& choice : selection.choices) {
        if (!codecs.empty()) codecs += ", ";
        codecs += to_string(choice.track.format->codec);
    }
    return fmt::format("{} track{} ({})", selection.choices.size(), selection.choices.size() == 1 ? "" : "s",
                       codecs);
}

}  // namespace

std::string random_uuid() {
    std::array<std::uint8_t, 16> bytes{};
    std::size_t have = 0;
    while (have < bytes.size()) {
        const ssize_t got = getrandom(bytes.data() + have, bytes.size() - have, 0);
        if (got > 0) have += static_cast<std::size_t>(got);
    }
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (at == 4 || at == 6 || at == 8 || at == 10) text += '-';
        text += fmt::format("{:02x}", bytes[at]);
    }
    return text;
}

Session::Session(Given given)
    : given_(std::move(given)),
      secret_(random_uuid()),
      log_(given_.host->log().child(fmt::format("session {}", given_.reader->id().substr(0, 8)))),
      since_us_(utc_now_us()) {}

Session::~Session() {
    close("the session is gone");
}

void Session::start() {
    log_.info("created by {}", given_.reader->info().remote);
    given_.reader->set_details(details_);
    given_.reader->on_end([weak = weak_from_this()](const std::string& reason) {
        if (const auto self = weak.lock()) self->close(reason);
    });
    for (const std::string& track : given_.selection.left_out)
        log_.warning("left out: {}", track);

    handshake_ = given_.host->loop().after(given_.settings->handshake_timeout, [this] {
        close(fmt::format(
            "no connection within {} s: is UDP blocked, or the address wrong? (webrtcAdditionalHosts)",
            given_.settings->handshake_timeout.count() / 1000));
    });
    when_warm([door = given_.door, weak = weak_from_this()] {
        door->post([weak] {
            if (const auto self = weak.lock(); self && !self->is_closed_) self->negotiate();
        });
    });
}

void Session::negotiate() {
    std::vector<OutgoingStream> streams;
    for (std::size_t at = 0; at < given_.ssrcs.size(); ++at)
        streams.push_back({given_.selection.choices[at], given_.ssrcs[at]});
    remote_ufrag_ = transport_of(given_.offer, given_.selection.choices).ufrag;
    transport_ = given_.make_transport({.name = "webrtc-" + secret_,
                                        .loop = given_.host->loop(),
                                        .settings = *given_.settings,
                                        .viewer_is_local = is_loopback(given_.reader->info().remote),
                                        .events = transport_events()});
    for (std::size_t at = 0; at < streams.size(); ++at) {
        const OfferedMedia& media = given_.offer.media[streams[at].choice.section];
        const unsigned delay_id = media.kind == "video" ? extension_id(media, playout_delay_uri) : 0;
        feeds_.push_back(std::make_shared<Feed>(transport_, at, streams[at], delay_id, given_.reader));
    }
    gathering_ =
        given_.host->loop().after(given_.settings->gather_timeout, [this] { transport_->stop_gathering(); });
    transport_->negotiate(given_.offer, std::move(streams));
    // The analyzer loses sight of what a std::function owns.
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)

TransportEvents Session::transport_events() {
    const auto door = given_.door;
    const auto weak = weak_from_this();
    const auto post = [door, weak](auto work) {
        door->post([weak, work = std::move(work)] {
            if (const auto self = weak.lock(); self && !self->is_closed_) work(*self);
        });
    };
    TransportEvents events;
    events.negotiated = [post](Result<std::string> answer) {
        post([answer = std::move(answer)](Session& self) { self.answered(answer); });
    };
    events.connected = [post] { post([](Session& self) { self.connected(); }); };
    events.failed = [post](const std::string& reason) {
        post([reason](Session& self) { self.close(reason); });
    };
    events.keyframe_wanted = [post](std::size_t stream) {
        post([stream](Session& self) { self.replay(stream); });
    };
    return events;
}

void Session::answered(Result<std::string> answer) {
    gathering_.cancel();
    const bool good = static_cast<bool>(answer);
    const std::string reason = good ? "" : answer.error().message;
    if (const auto report = std::exchange(given_.events.answered, nullptr)) report(*this, std::move(answer));
    if (!good) close(reason);
}

void Session::connected() {
    handshake_.cancel();
    is_connected_ = true;
    details_->update(transport_->statistics());
    log_.info("is reading from path '{}', {}", given_.host->path(), describe(given_.selection));
    begin();
    watchdog_ = given_.host->loop().every(given_.settings->silence_timeout / 10, [this] { watch(); });
}

void Session::replay(std::size_t stream) {
    if (!is_connected_ || stream >= feeds_.size() || feeds_[stream]->catching_up()) return;
    const Nanoseconds now = running_time();
    if (now - last_replay_ < replay_interval) return;
    last_replay_ = now;
    if (!feeds_are_live_) {
        if (player_) player_->refresh();
        return;
    }
    if (!given_.fanouts[stream]) return;
    given_.fanouts[stream]->replay(*feeds_[stream]);
    given_.host->request_keyframe(given_.fanouts[stream]->track());
}

void Session::watch() {
    const std::uint64_t drops = given_.reader->units_dropped;
    if (drops != reported_drops_) log_.warning("is too slow, {} units dropped", drops - reported_drops_);
    reported_drops_ = drops;
    const TransportStatistics statistics = transport_->statistics();
    details_->update(statistics);
    const Nanoseconds silence = running_time() - statistics.last_heard;
    if (silence > given_.settings->silence_timeout)
        close(fmt::format("nothing heard for {} s", silence / 1s));
}

void Session::close(const std::string& reason) {
    if (std::exchange(is_closed_, true)) return;
    log_.info("destroyed: {}", reason);
    handshake_.cancel();
    gathering_.cancel();
    watchdog_.cancel();
    reports_.cancel();
    player_.reset();
    for (std::size_t at = 0; at < feeds_.size(); ++at) {
        if (given_.fanouts[at]) given_.fanouts[at]->remove(*feeds_[at]);
        feeds_[at]->close();
    }
    feeds_.clear();
    transport_.reset();
    given_.fanouts.clear();
    if (const auto report = std::exchange(given_.events.answered, nullptr))
        report(*this, Error{Code::unavailable, reason});
    if (const auto report = std::exchange(given_.events.closed, nullptr)) report(reason);
    // The last: it may destroy this object.
    if (const auto ended = std::exchange(given_.ended, nullptr)) ended(*this);
}

void Session::request_close(std::string reason) {
    given_.door->post([weak = weak_from_this(), reason = std::move(reason)] {
        if (const auto self = weak.lock()) self->close(reason);
    });
}

void Session::add_candidate(const std::string& candidate) {
    if (transport_) transport_->add_candidate(candidate);
}

void Session::request_candidate(std::string candidate) {
    given_.door->post([weak = weak_from_this(), candidate = std::move(candidate)] {
        if (const auto self = weak.lock()) self->add_candidate(candidate);
    });
}

Result<std::string> Session::patch(const CandidateFragment& fragment) {
    if (!transport_) return Error{Code::not_found, "the session has not begun or has ended"};
    if (fragment.ufrag.empty() || fragment.ufrag == remote_ufrag_) {
        for (const std::string& candidate : fragment.candidates)
            transport_->add_candidate(candidate);
        return std::string();
    }
    if (fragment.password.empty())
        return Error{Code::invalid_config, "a new ice-ufrag comes with its ice-pwd"};
    auto restarted = transport_->restart_ice(fragment);
    if (!restarted) return restarted.error();
    remote_ufrag_ = fragment.ufrag;
    local_ufrag_ = restarted->ufrag;
    log_.debug("ICE restarted");
    return restart_fragment(given_.offer, given_.selection.choices, restarted->ufrag, restarted->password,
                            restarted->candidates);
}

bool Session::shows_as_it_is(std::size_t track) const {
    return std::ranges::any_of(given_.fanouts, [track](const auto& fanout) {
        return fanout && fanout->track().index == track && !fanout->track().rendition;
    });
}

void Session::show_instead(const std::shared_ptr<Fanout>& rendered) {
    for (std::size_t at = 0; at < given_.fanouts.size(); ++at) {
        auto& fanout = given_.fanouts[at];
        const bool is_own = fanout && !fanout->track().rendition;
        if (!is_own || fanout->track().index != rendered->track().index) continue;
        if (feeds_are_live_) fanout->remove(*feeds_[at]);
        given_.selection.choices[at].track = rendered->track();
        fanout = rendered;
        if (feeds_are_live_) fanout->add(feeds_[at]);
        log_.info("is shown a rendition from now on");
    }
}

/// What was awaited with a rendition in view may have come in that codec.
Result<Track> Session::as_agreed(const Track& track, const Track& chosen) {
    if (!chosen.rendition || track.format->codec == chosen.format->codec) return track;
    return given_.host->render(track, *chosen.rendition);
}

bool Session::follow(std::span<const Track> tracks,
                     const std::function<std::shared_ptr<Fanout>(const Track&)>& fanout_of) {
    for (std::size_t at = 0; at < given_.fanouts.size(); ++at) {
        auto& fanout = given_.fanouts[at];
        const Track& chosen = given_.selection.choices[at].track;
        const Format& agreed = *chosen.format;
        const auto fits = [&](const Track& track) {
            if (fanout && track.index != fanout->track().index) return false;
            // A rendition goes on, whatever it is made of.
            return chosen.rendition ? track.format->kind == agreed.kind : track.format->codec == agreed.codec;
        };
        const auto track = std::ranges::find_if(tracks, fits);
        if (track != tracks.end()) {
            if (fanout) continue;
            const auto wanted = as_agreed(*track, chosen);
            if (!wanted) {
                log_.warning("{}", wanted.error().message);
                continue;
            }
            fanout = fanout_of(*wanted);
            if (feeds_are_live_) fanout->add(feeds_[at]);
            continue;
        }
        // Sound that was recorded once may be missing now, or come later.
        const auto is_of_kind = [&](const Track& one) { return one.format->kind == agreed.kind; };
        if (fanout || std::ranges::any_of(tracks, is_of_kind)) return false;
    }
    return true;
}

}  // namespace rill::webrtc
