// A path without a source, for tests: what is delivered is what the test says.
#pragma once

#include <rill/sink.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rill::hls::testing {

class FakeReader final : public Reader {
  public:
    const std::string& id() const override { return id_; }
    const ReaderInfo& info() const override { return info_; }

  private:
    std::string id_ = "6a2f41a3-c54c-4ce0-b6ea-6c1b1f2f3a3e";
    ReaderInfo info_;
};

/// Its loop is the default context of the thread that made it; pump() runs what is posted. deliver() reaches
/// subscriptions at once and links through their queues. Links start with what came since the last keyframe.
class FakeHost final : public SinkHost {
  public:
    const std::string& path() const override { return path_; }
    Loop& loop() override { return loop_; }
    const Log& log() const override { return log_; }
    /// What is delivered to a track of sound then is the rendition's; to that of a picture see
    /// deliver_rendered().
    Result<Track> render(const Track& track, const Rendition& rendition) override;
    void set_renders(bool renders) { renders_ = renders; }
    void refuse_renditions(Error error) { refusal_ = std::move(error); }
    std::unique_ptr<Link> link(const Track& track, LinkSpec spec) override;
    std::unique_ptr<Link> subscribe(const Track& track, LinkSpec spec,
                                    std::function<void(UnitPtr)> deliver) override;
    Archive* archive() override { return archive_; }
    void set_archive(Archive& archive) { archive_ = &archive; }
    void request_keyframe(const Track& track) override {
        if (track.rendition) ++keyframes_wanted_;
    }
    /// Of renditions.
    int keyframes_wanted() const { return keyframes_wanted_; }
    void post(std::function<void()> work) override { loop_.post(std::move(work)); }
    void failed(Error error) override;

    void deliver(std::size_t track, const UnitPtr& unit);
    /// To who is subscribed to this rendition of a picture.
    void deliver_rendered(const Rendition& rendition, const UnitPtr& unit);
    /// Links to renditions of pictures.
    std::size_t rendered_links() const;
    void pump();
    /// Runs the loop until `reached`; false after a time that only a broken test needs.
    bool wait_until(const std::function<bool()>& reached);
    std::size_t links() const { return endpoints_->size(); }
    std::string failure();

    struct Endpoint {
        std::size_t track = 0;
        std::optional<Rendition> picture;      // instead of the track's own
        std::function<void(UnitPtr)> deliver;  // a subscription's
        std::function<void()> ready;           // a link's
        std::mutex mutex;
        std::deque<UnitPtr> queue;  // locked: mutex
    };

  private:
    class FakeLink;
    std::string path_ = "cam1";
    Archive* archive_ = nullptr;
    bool renders_ = false;
    std::optional<Error> refusal_;
    int keyframes_wanted_ = 0;
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    Log log_{"test"};
    std::shared_ptr<std::vector<std::shared_ptr<Endpoint>>> endpoints_ =
        std::make_shared<std::vector<std::shared_ptr<Endpoint>>>();
    std::vector<std::pair<std::size_t, UnitPtr>> since_keyframe_;
    std::mutex mutex_;
    std::string failure_;  // locked: mutex_
};

}  // namespace rill::hls::testing
