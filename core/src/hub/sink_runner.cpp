#include "sink_runner.hpp"

#include "metered_link.hpp"

#include <rill/clock.hpp>

#include <algorithm>
#include <utility>

namespace rill {

namespace {

/// A link drained on the path's loop.
class Subscription final : public Link {
  public:
    Subscription(SinkHost& host, const Track& track, LinkSpec spec, std::function<void(UnitPtr)> deliver)
        : state_(std::make_shared<State>()) {
        state_->deliver = std::move(deliver);
        spec.ready = [&loop = host.loop(), weak = std::weak_ptr<State>(state_)] {
            loop.post([weak] {
                if (const auto state = weak.lock()) state->drain();
            });
        };
        state_->link = host.link(track, std::move(spec));
    }
    ~Subscription() override { state_->link.reset(); }

    UnitPtr take() override { return state_->link->take(); }
    LinkStatistics statistics() const override { return state_->link->statistics(); }

  private:
    struct State {
        std::unique_ptr<Link> link;
        std::function<void(UnitPtr)> deliver;

        void drain() {
            // `deliver` may destroy the subscription.
            while (link) {
                UnitPtr unit = link->take();
                if (!unit) return;
                deliver(std::move(unit));
            }
        }
    };
    std::shared_ptr<State> state_;
};

bool same_codecs(const std::vector<Track>& a, const std::vector<Track>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Track& x, const Track& y) {
        return x.index == y.index && x.format->codec == y.format->codec;
    });
}

}  // namespace

Result<> Sink::update(SinkHost& host, std::span<const Track> tracks) {
    stop("the tracks changed");
    return start(host, tracks);
}

void Sink::serve(SinkCall call) {
    call.exchange.fail({Code::not_found, "this sink answers no requests"});
}

SinkRunner::SinkRunner(Given given)
    : given_(std::move(given)),
      log_(Log(fmt::format("path {}", given_.path)).child(given_.factory->id)),
      backoff_(std::hash<std::string>()(given_.path)) {}

SinkRunner::~SinkRunner() = default;

void SinkRunner::tracks(std::vector<Track> tracks) {
    given_.loop->assert_owner();
    const bool changed = !same_codecs(tracks, tracks_);
    tracks_ = std::move(tracks);
    if (!running_) {
        if (!retry_.active()) start();
        return;
    }
    if (!changed) return;
    // It may start anew, and has had what was before.
    if (switched_) switched_->since = running_time();
    const auto updated = given_.sink->update(*this, tracks_);
    if (!updated) handle_failure(updated.error());
}

void SinkRunner::start() {
    if (!tracks_.empty() && on()) launch();
}

void SinkRunner::start_bare() {
    given_.loop->assert_owner();
    if (!running_ && !retry_.active() && on()) launch();
}

void SinkRunner::launch() {
    ++epoch_;
    if (!meter_) meter_ = std::make_shared<LinkMeter>();
    // Of what is kept, for who asks at once; what the links bring says it better.
    const std::int64_t from_us = given_.stream->kept_from(since());
    const auto started = given_.sink->start(*this, tracks_);
    running_ = static_cast<bool>(started);
    if (!started) {
        handle_failure(started.error());
        return;
    }
    running_since_ = running_time();
    from_us_ = from_us;
    reason_.clear();
    given_.status_changed();
}

void SinkRunner::stop(const std::string& reason) noexcept {
    given_.loop->assert_owner();
    retry_.cancel();
    tracks_.clear();
    if (!running_) return;
    halt(reason);
    given_.status_changed();
}

void SinkRunner::halt(const std::string& reason) noexcept {
    running_ = false;
    from_us_ = 0;
    has_begun_ = false;
    // What it has had it is not given again.
    if (switched_) switched_->since = running_time();
    ++epoch_;
    given_.sink->stop(reason);
}

void SinkRunner::switch_on(const SwitchOn& how) {
    given_.loop->assert_owner();
    if (given_.enabled) return;
    const bool endless = switched_ && switched_->until_us == 0;
    if (!switched_) {
        log_.info("switched on by request");
        const Nanoseconds back = how.back.value_or(given_.sink->history().duration);
        switched_ = Switched{.since = running_time() - back, .until_us = 0, .end = {}};
        if (!running_ && !retry_.active()) start();
    }
    set_end(endless ? std::nullopt : how.duration);
    given_.status_changed();
}

/// Never sooner than before.
void SinkRunner::set_end(std::optional<Nanoseconds> duration) {
    if (!duration) {
        switched_->until_us = 0;
        switched_->end.cancel();
        return;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*duration);
    const std::int64_t until_us = utc_now_us() + std::chrono::microseconds(wait).count();
    if (until_us <= switched_->until_us) return;
    switched_->until_us = until_us;
    switched_->end = given_.loop->after(wait, [this] {
        switch_off("its time is over");
        given_.switched_off();
    });
}

void SinkRunner::switch_off(const std::string& reason) {
    given_.loop->assert_owner();
    if (!switched_) return;
    log_.info("switched off: {}", reason);
    switched_.reset();
    retry_.cancel();
    reason_.clear();
    if (running_) halt(reason);
    given_.status_changed();
}

void SinkRunner::request_keyframe(const Track& track) {
    if (track.rendition) return given_.renditions->request_keyframe(track);
    given_.request_keyframe(track.index);
}

std::optional<Nanoseconds> SinkRunner::since() const {
    return switched_ ? std::optional(switched_->since) : std::nullopt;
}

void SinkRunner::handle_failure(const Error& error) {
    const Nanoseconds held = running_ ? running_time() - running_since_ : Nanoseconds(0);
    if (running_) halt(error.message);
    reason_ = error.message;
    if (tracks_.empty()) {  // the path starts it with its tracks, or a reader does
        log_.warning("failed: {}", error.message);
        return given_.status_changed();
    }
    const auto wait = backoff_.next(error.code, held);
    log_.warning("failed: {}; starting again in {:.1f} s", error.message,
                 static_cast<double>(wait.count()) / 1000);
    retry_ = given_.loop->after(wait, [this] { start(); });
    given_.status_changed();
}

SinkStatus SinkRunner::status() const {
    SinkStatus status{std::string(given_.factory->id), running_, reason_};
    status.on = given_.enabled ? SinkStatus::On::by_configuration
                : switched_    ? SinkStatus::On::by_request
                               : SinkStatus::On::off;
    status.from_us = from_us_;
    status.until_us = switched_ ? switched_->until_us : 0;
    status.counters = given_.sink->counters();
    status.links = meter_;
    return status;
}

std::unique_ptr<Link> SinkRunner::link(const Track& track, LinkSpec spec) {
    auto link = track.rendition ? given_.renditions->link(track, std::move(spec))
                                : given_.stream->link(track.index, std::move(spec));
    if (has_begun_ || !leads(track)) return std::make_unique<MeteredLink>(std::move(link), meter_, nullptr);
    // On whichever thread takes, on which a runner must not end.
    const auto begun = [&loop = *given_.loop, weak = weak_from_this(),
                        epoch = epoch_.load()](const AccessUnit& unit) {
        loop.post([weak, epoch, from_us = unit.utc_us] {
            const auto self = weak.lock();
            if (self && self->running_ && self->epoch_ == epoch) self->begun(from_us);
        });
    };
    return std::make_unique<MeteredLink>(std::move(link), meter_, begun);
}

/// The picture does, where there is one.
bool SinkRunner::leads(const Track& track) const {
    return track.format->kind == Kind::video ||
           std::ranges::none_of(tracks_, [](const Track& each) { return each.format->kind == Kind::video; });
}

void SinkRunner::begun(std::int64_t from_us) {
    if (std::exchange(has_begun_, true)) return;
    from_us_ = from_us;
    given_.status_changed();
}

std::unique_ptr<Link> SinkRunner::subscribe(const Track& track, LinkSpec spec,
                                            std::function<void(UnitPtr)> deliver) {
    given_.loop->assert_owner();
    return std::make_unique<Subscription>(*this, track, std::move(spec), std::move(deliver));
}

void SinkRunner::post(std::function<void()> work) {
    given_.loop->post([weak = weak_from_this(), epoch = epoch_.load(), work = std::move(work)] {
        const auto self = weak.lock();
        if (self && self->running_ && self->epoch_ == epoch) work();
    });
}

void SinkRunner::failed(Error error) {
    post([this, error = std::move(error)] { handle_failure(error); });
}

}  // namespace rill
