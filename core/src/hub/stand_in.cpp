#include "stand_in.hpp"

#include <utility>

namespace rill {

StandIn::StandIn(Given given) : given_(std::move(given)), backoff_(1) {}

StandIn::~StandIn() {
    if (ingest_) ingest_->close([] {});
}

void StandIn::begin() {
    wanted_ = true;
    run();
}

void StandIn::run() {
    if (!wanted_ || ingest_ || disposing_ > 0 || retry_.active()) return;
    const auto tracks_changed = [this] {
        if (!ingest_ || !ingest_->complete() || std::exchange(filled_, true)) return;
        given_.fills();
    };
    filled_ = false;
    ingest_ =
        std::make_shared<Ingest>(given_.stream, *given_.loop, given_.log, *given_.source,
                                 Ingest::Events{.tracks_changed = tracks_changed,
                                                .failed = [this](const Error& error) { failed(error); }},
                                 Filler::stand_in);
    const auto started = ingest_->start();
    if (!started) failed(started.error());
}

void StandIn::failed(const Error& error) {
    const auto wait = backoff_.next(error.code);
    given_.log.warning("{}; trying again in {:.1f} s", error.message,
                       static_cast<double>(wait.count()) / 1000);
    close();
    retry_ = given_.loop->after(wait, [this] { run(); });
}

void StandIn::end() {
    wanted_ = false;
    retry_.cancel();
    close();
}

void StandIn::close() {
    if (!ingest_) return;
    ++disposing_;
    std::exchange(ingest_, nullptr)->close([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        --self->disposing_;
        self->run();
        self->given_.gone();
    });
}

}  // namespace rill
