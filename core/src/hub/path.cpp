#include "path.hpp"

#include <rill/clock.hpp>

#include <algorithm>

namespace rill {

using namespace std::chrono_literals;

namespace {

// How long sound may take to appear once there is a picture, before the path goes online without it.
constexpr auto gather_timeout = 1s;
// How long a camera that is connected to for the first time may take before its stand-in is shown: most are
// there sooner, and nobody wants to see that it was away.
constexpr auto stand_in_patience = 2s;
// Cameras answer a flood of keyframe requests with a flood of keyframes, or with nothing at all.
constexpr std::int64_t keyframe_interval_us = 1'000'000;

std::string describe(const std::vector<Track>& tracks) {
    std::string names;
    for (const Track& track : tracks) {
        names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(track.format->codec));
    }
    return fmt::format("{} track{} ({})", tracks.size(), tracks.size() == 1 ? "" : "s", names);
}

std::string session_type(const SinkFactory& sink) {
    return sink.session.empty() ? fmt::format("{}Session", sink.id) : std::string(sink.session);
}

bool has_video_pending(const std::vector<Track>& tracks) {
    return std::none_of(tracks.begin(), tracks.end(),
                        [](const Track& track) { return track.format->kind == Kind::video; });
}

}  // namespace

Result<std::shared_ptr<Path>> Path::create(PathSettings settings, Loop& loop) {
    auto source = settings.source_factory->create(settings.source);
    if (!source) return source.error();
    std::unique_ptr<Source> stand_in;
    if (settings.stand_in_factory != nullptr) {
        auto made = settings.stand_in_factory->create(settings.stand_in);
        if (!made) return Error{made.error().code, fmt::format("alwaysAvailable: {}", made.error().message)};
        stand_in = std::move(*made);
    }
    std::vector<std::unique_ptr<Sink>> sinks;
    for (const auto& entry : settings.sinks) {
        auto sink = entry.factory->create(*entry.options);
        if (!sink)
            return Error{sink.error().code, fmt::format("{}: {}", entry.factory->id, sink.error().message)};
        sinks.push_back(std::move(*sink));
    }
    History history;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        if (settings.sinks[i].enabled) continue;
        const History wanted = sinks[i]->history();
        history.duration = std::max(history.duration, wanted.duration);
        history.bytes = std::max(history.bytes, wanted.bytes);
    }
    const std::shared_ptr<Path> path(new Path(std::move(settings), loop, std::move(*source), history));
    const std::weak_ptr<Path> weak = path;
    path->readers_ = std::make_shared<PathReaders>(PathReaders::Given{
        .path = path->name(),
        .events = path->settings_.events,
        .most = path->settings_.max_readers,
        .of_all_paths = path->settings_.readers,
        .left =
            [&loop, weak] {
                loop.post([weak] {
                    if (const auto self = weak.lock()) self->reconsider();
                });
            },
    });
    if (stand_in) {
        path->stand_in_ = std::make_shared<StandIn>(StandIn::Given{
            .source = std::move(stand_in),
            .stream = path->stream_,
            .loop = &loop,
            .log = path->log_.child("alwaysAvailable"),
            .fills = [self = path.get()] { self->stand_in_fills(); },
            .gone =
                [weak] {
                    const auto self = weak.lock();
                    if (self && self->closed_) self->tell_gone();
                },
        });
    }
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        path->sinks_.push_back(std::make_shared<SinkRunner>(SinkRunner::Given{
            .path = path->name(),
            .factory = path->settings_.sinks[i].factory,
            .sink = std::move(sinks[i]),
            .enabled = path->settings_.sinks[i].enabled,
            .stream = path->stream_,
            .renditions = &path->renditions_,
            .loop = &loop,
            .archive = path->settings_.archive,
            .request_keyframe =
                [self = path.get()](std::size_t track) {
                    const std::int64_t now = utc_now_us();
                    if (now - self->keyframe_asked_us_ < keyframe_interval_us || !self->ingest_) return;
                    self->keyframe_asked_us_ = now;
                    self->ingest_->request_keyframe(track);
                },
            .status_changed = [self = path.get()] { self->publish_sinks(); },
            .switched_off = [self = path.get()] { self->reconsider(); },
        }));
    }
    path->publish_sinks();
    return path;
}

Path::Path(PathSettings settings, Loop& loop, std::unique_ptr<Source> source, History history)
    : settings_(std::move(settings)),
      loop_(loop),
      log_(fmt::format("path {}", settings_.name)),
      source_(std::move(source)),
      stream_(std::make_shared<Stream>(settings_.cache, history)),
      renditions_({.log = log_, .source = stream_, .loop = &loop, .limit = settings_.transcodes}),
      backoff_(std::hash<std::string>()(settings_.name)),
      watchdog_(settings_.source.read_timeout),
      since_us_(utc_now_us()) {}

Path::~Path() {
    if (ingest_) ingest_->close([] {});
}

// When the path runs
// ---------------------------------------------------------------------------------------------------

void Path::begin() {
    loop_.assert_owner();
    begun_ = true;
    queued_ = false;
    if (closed_) return tell_gone();
    reconsider();
}

void Path::start() {
    held_ = false;
    asked_ = true;
    reconsider();
}

void Path::stop() {
    asked_ = false;
    held_ = true;
    for (const auto& sink : sinks_)
        sink->switch_off("the path was stopped");
    shut("the path was stopped");
    // An on-demand path runs again for the next reader; one that always ran stays stopped until start().
    if (settings_.on_demand) held_ = false;
}

bool Path::wanted() const {
    if (!begun_ || closed_ || held_) return false;
    const bool always = !settings_.on_demand;
    const bool switched =
        std::any_of(sinks_.begin(), sinks_.end(), [](const auto& sink) { return sink->switched_on(); });
    return always || asked_ || switched || !parked_.empty() || readers_->count() > 0;
}

void Path::reconsider() {
    loop_.assert_owner();
    const bool runs = ingest_ || retry_.active() || disposing_ > 0;
    if (wanted()) {
        idle_.cancel();
        if (!runs || state_ == PathState::stopped) connect();
        return;
    }
    if (state_ == PathState::stopped || closed_ || held_ || idle_.active()) return;
    idle_ = loop_.after(settings_.close_after, [this] {
        if (!wanted()) shut("nobody is reading");
    });
}

void Path::shut(const std::string& reason) {
    retry_.cancel();
    idle_.cancel();
    gather_.cancel();
    patience_.cancel();
    second_.cancel();
    refuse_parked({Code::not_found, fmt::format("path '{}' is stopped: {}", name(), reason)});
    for (const auto& sink : sinks_)
        sink->stop(reason);
    renditions_.clear();
    close_ingest();
    if (stand_in_) stand_in_->end();
    stream_->end();
    set_available(false);
    if (state_ != PathState::stopped) {
        set_state(PathState::stopped, "");
        log_.info("stopped: {}", reason);
    }
}

void Path::close(const std::string& reason, std::function<void()> gone) {
    loop_.assert_owner();
    closed_ = true;
    shut(reason);
    gone_ = std::move(gone);
    loop_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->tell_gone();
    });
}

/// Once nothing of the path is left, nor of the one before it.
void Path::tell_gone() {
    if (disposing_ > 0 || queued_ || (stand_in_ && !stand_in_->is_gone())) return;
    if (const auto gone = std::exchange(gone_, nullptr)) gone();
}

// The source
// -----------------------------------------------------------------------------------------------------------

void Path::connect() {
    if (ingest_ || disposing_ > 0) {
        // The one before is still on its way out; its end comes back here (close_ingest).
        if (state_ == PathState::stopped) set_state(PathState::connecting, "");
        return;
    }
    if (state_ == PathState::stopped) {
        set_state(PathState::connecting, "");
        log_.info("connecting to {}", mask_credentials(settings_.source.url));
        if (stand_in_) patience_ = loop_.after(stand_in_patience, [this] { stand_in_->begin(); });
    }
    ingest_ = std::make_shared<Ingest>(stream_, loop_, log_, *source_,
                                       Ingest::Events{.tracks_changed = [this] { tracks_changed(); },
                                                      .failed = [this](const Error& error) { lost(error); }});
    watchdog_.start(running_time());
    second_ = loop_.every(1s, [this] { second(); });
    const auto started = ingest_->start();
    if (!started) lost(started.error());
}

void Path::tracks_changed() {
    if (!ingest_ || !ingest_->has_units()) return;
    const auto tracks = stream_->tracks();
    if (ingest_->complete()) {
        gather_.cancel();
        go_online(tracks);
        return;
    }
    if (state_ == PathState::online) {
        go_online(tracks);
        return;
    }
    // Sound comes before the first keyframe: the clock of the missing tracks starts with the picture.
    if (gather_.active() || has_video_pending(tracks)) return;
    gather_ = loop_.after(gather_timeout, [this] {
        log_.warning("a track brings no data; going online without it");
        go_online(stream_->tracks());
    });
}

void Path::go_online(const std::vector<Track>& tracks) {
    if (tracks.empty()) return;
    patience_.cancel();
    if (stand_in_) stand_in_->end();
    // Before the state, so that whoever sees the path online sees its sinks running.
    give(tracks);
    if (state_ != PathState::online) {
        online_since_ = running_time();
        set_available(true);
        set_state(PathState::online, "");
        log_.info("is available and online, {}", describe(tracks));
    }
    admit_parked();
}

void Path::stand_in_fills() {
    if (state_ == PathState::online) return;
    const auto tracks = stream_->tracks();
    give(tracks);
    if (!available()) {
        set_available(true);
        tell(EventKind::path_available, available_since_us_);
    }
    log_.info("is available without its camera, {}", describe(tracks));
    admit_parked();
}

void Path::give(const std::vector<Track>& tracks) {
    renditions_.follow(tracks);
    for (const auto& sink : sinks_)
        sink->tracks(tracks);
}

void Path::lost(const Error& error) {
    const bool was_online = state_ == PathState::online;
    const auto wait = backoff_.next(error.code, was_online ? running_time() - online_since_ : 0ns);
    if (reason_ != error.message || was_online) {
        log_.warning("{}; trying again in {:.1f} s", error.message, static_cast<double>(wait.count()) / 1000);
    }
    if (!stand_in_) set_available(false);
    set_state(PathState::offline, error.message);
    if (was_online) {
        const std::lock_guard lock(status_mutex_);
        ++reconnects_;
    }
    gather_.cancel();
    second_.cancel();
    patience_.cancel();
    close_ingest();
    if (stand_in_) stand_in_->begin();
    settle_parked();
    retry_ = loop_.after(wait, [this] {
        if (wanted()) connect();
    });
}

void Path::close_ingest() {
    if (!ingest_) return;
    ++disposing_;
    const auto ingest = std::move(ingest_);
    ingest_ = nullptr;
    ingest->close([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        --self->disposing_;
        if (self->closed_) return self->tell_gone();
        if (self->disposing_ > 0) return;
        if (self->wanted() && !self->ingest_ && !self->retry_.active()) self->connect();
    });
}

void Path::second() {
    const std::uint64_t bytes = stream_->counters().bytes;
    {
        const std::lock_guard lock(status_mutex_);
        bits_per_second_ = (bytes - last_bytes_) * 8;
    }
    last_bytes_ = bytes;
    source_->tick();
    if (!watchdog_.expired(running_time(), ingest_->last_arrival())) return;
    const double seconds = std::chrono::duration<double>(settings_.source.read_timeout).count();
    lost({Code::timeout, fmt::format("no media from the source for {:g} s (readTimeout)", seconds)});
}

// Readers
// --------------------------------------------------------------------------------------------------------------

SinkRunner* Path::runner(std::string_view sink) {
    const auto it =
        std::find_if(sinks_.begin(), sinks_.end(), [&](const auto& s) { return s->factory().id == sink; });
    return it == sinks_.end() ? nullptr : it->get();
}

void Path::open(std::string_view sink, ReaderInfo info, OpenIf state, OpenCallback callback) {
    loop_.assert_owner();
    const SinkRunner* const wanted = runner(sink);
    if (wanted == nullptr || !wanted->on()) {
        callback(Error{Code::not_found,
                       fmt::format("path '{}' has no sink '{}' (is it switched off?)", name(), sink)});
        return;
    }
    auto seat = readers_->seat();
    if (!seat) return callback(seat.error());
    Parked entry{
        next_parked_++, std::string(sink), std::move(info), state, std::move(callback), std::move(*seat), {}};
    if (available()) {
        admit(std::move(entry));
        return;
    }
    if (closed_ || held_ || (state_ == PathState::offline && !waits_for_stream(entry))) {
        settle(std::move(entry));
        return;
    }
    entry.timeout = loop_.after(settings_.start_timeout, [this, id = entry.id] {
        const auto it =
            std::find_if(parked_.begin(), parked_.end(), [id](const Parked& p) { return p.id == id; });
        if (it == parked_.end()) return;
        Parked late = std::move(*it);
        parked_.erase(it);
        settle(std::move(late));
        reconsider();
    });
    parked_.push_back(std::move(entry));
    reconsider();
}

void Path::admit(Parked parked) {
    parked.timeout.cancel();
    SinkRunner* sink = runner(parked.sink);
    if (parked.state == OpenIf::offline_too) sink->start_bare();
    if (sink->running() == nullptr) {
        parked.callback(Error{Code::unavailable,
                              fmt::format("sink '{}' of path '{}' is not running", parked.sink, name())});
        return;
    }
    parked.callback(
        Opened{*sink->running(), *sink,
               readers_->add(std::move(parked.info), session_type(sink->factory()), std::move(parked.seat))});
}

Result<> Path::end_reader(const std::string& id, const std::string& reason) {
    loop_.assert_owner();
    return readers_->end(id, reason);
}

/// For one who need not, or cannot, wait longer for the camera.
void Path::settle(Parked parked) {
    if (parked.state == OpenIf::offline_too && !closed_ && !held_) return admit(std::move(parked));
    parked.callback(not_available());
}

/// There is no stream: an on-demand path may have its camera back before its readers' time is over, and a
/// stand-in is about to come.
bool Path::waits_for_stream(const Parked& parked) const {
    return (settings_.on_demand || stand_in_) && parked.state == OpenIf::online;
}

void Path::admit_parked() {
    auto parked = std::move(parked_);
    parked_.clear();
    for (Parked& entry : parked)
        admit(std::move(entry));
}

void Path::settle_parked() {
    auto parked = std::move(parked_);
    parked_.clear();
    for (Parked& entry : parked) {
        if (waits_for_stream(entry)) {
            parked_.push_back(std::move(entry));
        } else {
            settle(std::move(entry));
        }
    }
}

void Path::refuse_parked(const Error& error) {
    auto parked = std::move(parked_);
    parked_.clear();
    for (Parked& entry : parked)
        entry.callback(error);
}

Error Path::not_available() const {
    switch (state_) {
        case PathState::offline:
            return {Code::not_found, fmt::format("path '{}' is offline: {}", name(), reason_)};
        case PathState::stopped:
            return {Code::not_found, fmt::format("path '{}' is stopped", name())};
        case PathState::connecting:
        case PathState::online:
            break;
    }
    const double seconds = std::chrono::duration<double>(settings_.start_timeout).count();
    return {Code::not_found,
            fmt::format("path '{}' did not come online within {:g} s (sourceOnDemandStartTimeout)", name(),
                        seconds)};
}

// Sinks that are switched
// ------------------------------------------------------------------------------------------------------

Result<SinkRunner*> Path::switchable(std::string_view sink) {
    SinkRunner* const found = runner(sink);
    if (found != nullptr && found->factory().switchable) return found;
    return Error{Code::not_found,
                 fmt::format("path '{}' has no sink '{}' that can be switched", name(), sink)};
}

Result<SinkStatus> Path::switch_on(std::string_view sink, const SwitchOn& how) {
    loop_.assert_owner();
    const auto found = switchable(sink);
    if (!found) return found.error();
    if (closed_ || held_)
        return Error{Code::conflict, fmt::format("path '{}' was stopped; start it first", name())};
    (*found)->switch_on(how);
    reconsider();
    return (*found)->status();
}

Result<SinkStatus> Path::switch_off(std::string_view sink) {
    loop_.assert_owner();
    const auto found = switchable(sink);
    if (!found) return found.error();
    if ((*found)->enabled()) {
        return Error{Code::conflict,
                     fmt::format("the configuration of path '{}' says '{}: yes', which a request does not "
                                 "end; set it to no, and switch it on by request",
                                 name(), sink)};
    }
    (*found)->switch_off("it was switched off");
    reconsider();
    return (*found)->status();
}

}  // namespace rill
