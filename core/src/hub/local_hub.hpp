// The hub: every path of this process, spread over a few control threads.
#pragma once

#include "path.hpp"

#include <rill/hub.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rill {

/// Threading: the main thread. Paths live on the control threads; calls reach them by post().
class LocalHub final : public Hub {
  public:
    explicit LocalHub(unsigned control_threads);
    /// All paths must have been closed.
    ~LocalHub() override;

    /// A path of these settings, which nobody knows yet: it is for put(). Error: invalid_config, what its
    /// source or sinks say about their options.
    Result<std::shared_ptr<Path>> make(PathSettings settings);
    /// From now on the path of its name. One that was there ends first, and its readers are told: who comes
    /// meanwhile is parked at the new one. Nothing runs before begin().
    void put(const std::shared_ptr<Path>& path);
    void remove(const std::string& path, const std::string& reason);
    /// Of names(); all of them, each once.
    void set_order(std::vector<std::string> names) { names_ = std::move(names); }
    void begin();
    /// Closes every path and waits until their pipelines are gone, at most `timeout`. False: some were not.
    bool close(const std::string& reason, std::chrono::milliseconds timeout);

    /// The path, or null.
    std::shared_ptr<Path> find(const std::string& name) const;

    std::vector<std::string> names() const override { return names_; }
    std::shared_ptr<const PathStatus> status(const std::string& path) const override;
    Result<> start(const std::string& path) override;
    Result<> stop(const std::string& path) override;
    using Hub::open;
    void open(const std::string& path, std::string_view sink, ReaderInfo info, OpenIf state,
              std::function<void(Result<Opened>)> callback) override;
    void switch_on(const std::string& path, std::string_view sink, SwitchOn how,
                   std::function<void(Result<SinkStatus>)> callback) override;
    void switch_off(const std::string& path, std::string_view sink,
                    std::function<void(Result<SinkStatus>)> callback) override;

  private:
    /// Counts paths that close, from any thread.
    class Departures;

    Result<> command(const std::string& path, void (Path::*method)());
    void leave(const std::shared_ptr<Path>& path, const std::string& reason, std::function<void()> gone);

    std::vector<std::unique_ptr<Loop>> loops_;
    std::size_t next_loop_ = 0;
    bool begun_ = false;
    std::vector<std::string> names_;
    std::map<std::string, std::shared_ptr<Path>> paths_;
    const std::shared_ptr<Departures> departures_;
};

}  // namespace rill
