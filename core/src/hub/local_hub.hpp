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

    /// Error: invalid_config, what the path's source or sinks say about their options. Nothing runs before
    /// begin().
    Result<> add(PathSettings settings);
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
    Result<> command(const std::string& path, void (Path::*method)());

    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::string> names_;
    std::map<std::string, std::shared_ptr<Path>> paths_;
};

}  // namespace rill
