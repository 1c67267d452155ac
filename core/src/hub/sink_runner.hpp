// Runs one sink of one path: starts it, restarts it after a failure, and is its host.
#pragma once

#include "backoff.hpp"
#include "renditions/renditions.hpp"
#include "stream.hpp"

#include <rill/hub.hpp>
#include <rill/link_meter.hpp>
#include <rill/sink.hpp>
#include <rill/status.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill {

/// A sink that fails is stopped and started again after a back-off; its path and its siblings do not notice.
/// One that the configuration has off is started while it is switched on.
/// Threading: the path's loop, except what SinkHost allows from anywhere.
class SinkRunner final : public SinkHost, public std::enable_shared_from_this<SinkRunner> {
  public:
    struct Given {
        std::string path;
        const SinkFactory* factory;
        std::unique_ptr<Sink> sink;
        bool enabled;  ///< by the configuration
        std::shared_ptr<Stream> stream;
        Renditions* renditions;
        Loop* loop;
        Archive* archive;
        std::function<void(std::size_t track)> request_keyframe;
        std::function<void()> status_changed;
        std::function<void()> switched_off;  ///< because its time was over
    };
    explicit SinkRunner(Given given);
    ~SinkRunner() override;

    const SinkFactory& factory() const { return *given_.factory; }
    /// The path has these tracks now: starts the sink, or tells it when tracks or codecs differ from before.
    void tracks(std::vector<Track> tracks);
    /// Starts the sink without tracks, unless it runs or waits to be started again.
    void start_bare();
    void stop(const std::string& reason) noexcept;
    /// Hub::switch_on and switch_off, of a sink that can be switched.
    void switch_on(const SwitchOn& how);
    void switch_off(const std::string& reason);
    bool switched_on() const { return switched_.has_value(); }
    /// By the configuration or by request.
    bool on() const { return given_.enabled || switched_; }
    bool enabled() const { return given_.enabled; }
    Sink& sink() { return *given_.sink; }
    /// Null while the sink is not running.
    Sink* running() { return running_ ? given_.sink.get() : nullptr; }
    SinkStatus status() const;

    const std::string& path() const override { return given_.path; }
    Loop& loop() override { return *given_.loop; }
    const Log& log() const override { return log_; }
    Result<Track> render(const Track& track, const Rendition& rendition) override {
        return given_.renditions->render(track, rendition);
    }
    std::unique_ptr<Link> link(const Track& track, LinkSpec spec) override;
    std::unique_ptr<Link> subscribe(const Track& track, LinkSpec spec,
                                    std::function<void(UnitPtr)> deliver) override;
    Archive* archive() override { return given_.archive; }
    std::optional<Nanoseconds> since() const override;
    void request_keyframe(const Track& track) override;
    void post(std::function<void()> work) override;
    void failed(Error error) override;

  private:
    /// What a controller asked for.
    struct Switched {
        Nanoseconds since;      // running time; the moment of its last stop, once it has run
        std::int64_t until_us;  // 0: until it is switched off
        Timer end;
    };
    void start();
    void launch();
    void halt(const std::string& reason) noexcept;
    bool leads(const Track& track) const;
    void begun(std::int64_t from_us);
    void set_end(std::optional<Nanoseconds> duration);
    void handle_failure(const Error& error);

    // Given.
    Given given_;
    const Log log_;
    // State.
    std::shared_ptr<LinkMeter> meter_;     // from its first start on
    std::vector<Track> tracks_;            // empty: the path has not been online
    std::atomic<std::uint64_t> epoch_{0};  // counts starts and stops: what was posted before one is dropped
    std::optional<Switched> switched_;
    bool running_ = false;
    std::int64_t from_us_ = 0;
    bool has_begun_ = false;  // a link has brought a unit since it runs
    Nanoseconds running_since_{0};
    std::string reason_;
    Backoff backoff_;
    Timer retry_;
};

}  // namespace rill
