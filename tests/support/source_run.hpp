// Runs a source as a path does, in core's own Ingest and Stream, and keeps what comes out.
#pragma once

#include "catch.hpp"
#include "hub/ingest.hpp"
#include "on_loop.hpp"

#include <rill/clock.hpp>
#include <rill/module.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace rill::test {

class SourceRun {
  public:
    struct Arrival {
        std::size_t track;
        UnitPtr unit;
        Nanoseconds at;  ///< running time
    };
    /// What has come so far. Read it inside wait_for() or after stop().
    struct Seen {
        std::vector<Arrival> units;
        std::optional<Error> error;
        bool complete = false;

        std::size_t count(Kind kind) const {
            std::size_t n = 0;
            for (const Arrival& a : units)
                n += a.unit->format->kind == kind ? 1 : 0;
            return n;
        }
        std::vector<UnitPtr> of(Kind kind) const {
            std::vector<UnitPtr> out;
            for (const Arrival& a : units) {
                if (a.unit->format->kind == kind) out.push_back(a.unit);
            }
            return out;
        }
    };

    explicit SourceRun(std::unique_ptr<Source> source) : loop_("source"), source_(std::move(source)) {}
    ~SourceRun() {
        stop();
        run([this] { source_.reset(); });
    }

    /// One connection attempt; may be called again after stop().
    void start() {
        run([this] {
            {
                const std::lock_guard lock(mutex_);
                seen_ = {};
            }
            stream_ = std::make_shared<Stream>(GopCache::Bounds{std::chrono::seconds(10), 16u << 20});
            ingest_ = std::make_shared<Ingest>(stream_, loop_, Log("test"), *source_,
                                               Ingest::Events{.tracks_changed = [this] { update(); },
                                                              .failed = [this](const Error& e) { fail(e); }});
            ticks_ = loop_.every(std::chrono::seconds(1), [this] { source_->tick(); });
            const auto started = ingest_->start();
            if (!started) fail(started.error());
        });
    }

    /// False after the timeout.
    bool wait_for(const std::function<bool(const Seen&)>& condition,
                  std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, timeout, [&] {
            take_units();
            return condition(seen_);
        });
    }

    void request_keyframe() {
        run([this] { ingest_->request_keyframe(0); });
    }

    /// Ends the attempt and waits until its pipeline is gone.
    void stop() {
        std::promise<void> gone;
        bool running = false;
        run([&] {
            ticks_.cancel();
            if (!ingest_) return;
            running = true;
            std::exchange(ingest_, nullptr)->close([&gone] { gone.set_value(); });
        });
        if (running) gone.get_future().wait();
        std::map<std::size_t, std::unique_ptr<Link>> ended;
        {
            const std::lock_guard lock(mutex_);
            take_units();
            ended.swap(links_);
        }
        known_.clear();
    }

    const Seen& seen() const { return seen_; }

  private:
    void run(const std::function<void()>& work) { on_loop(loop_, work); }

    void update() {
        for (const Track& track : stream_->tracks()) {
            if (known_.contains(track.index)) continue;
            known_.insert(track.index);
            LinkSpec spec;
            spec.max_units = 100'000;
            spec.max_bytes = 1u << 30;
            spec.ready = [this] {
                const std::lock_guard lock(mutex_);
                changed_.notify_all();
            };
            auto link = stream_->link(track.index, std::move(spec));
            const std::lock_guard lock(mutex_);
            links_.emplace(track.index, std::move(link));
        }
        const std::lock_guard lock(mutex_);
        seen_.complete = ingest_ && ingest_->complete();
        changed_.notify_all();
    }

    /// With mutex_ held.
    void take_units() {
        for (const auto& [index, link] : links_) {
            while (UnitPtr unit = link->take())
                seen_.units.push_back({index, std::move(unit), running_time()});
        }
    }

    void fail(const Error& error) {
        const std::lock_guard lock(mutex_);
        seen_.error = error;
        changed_.notify_all();
    }

    Loop loop_;
    std::unique_ptr<Source> source_;
    std::shared_ptr<Stream> stream_;
    std::shared_ptr<Ingest> ingest_;
    Timer ticks_;
    std::set<std::size_t> known_;
    std::mutex mutex_;
    std::condition_variable changed_;
    // Locked: mutex_.
    std::map<std::size_t, std::unique_ptr<Link>> links_;
    Seen seen_;
};

/// A context with the fallbacks of the factory's options.
inline SourceContext context_of(const SourceFactory& factory, const std::string& url) {
    return {.path = "cam1",
            .url = url,
            .fingerprint = "",
            .read_timeout = std::chrono::seconds(5),
            .options = Options::defaults(factory.options)};
}

/// The source of the module under test at this URL.
inline std::unique_ptr<Source> source_of(const std::string& url) {
    const SourceFactory& factory = rill_module()->sources[0];
    auto made = factory.create(context_of(factory, url));
    REQUIRE(made);
    return std::move(*made);
}

}  // namespace rill::test
