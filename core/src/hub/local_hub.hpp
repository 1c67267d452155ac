// The hub: every path of this process, spread over a few control threads.
#pragma once

#include "path.hpp"

#include <rill/hub.hpp>

#include <chrono>
#include <functional>
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
    /// Of names(): all that are configured themselves, each once. What is made on demand comes behind them.
    void set_order(std::vector<std::string> names);

    /// What a path is that is not there: one by a regular expression. Error: not_found.
    using Resolver = std::function<Result<PathSettings>(const std::string& name)>;
    void resolve_with(Resolver resolver) { resolver_ = std::move(resolver); }
    /// Called with the name of each path that is made on demand, before anything of it runs.
    void on_made(std::function<void(const std::string& name)> callback) { made_ = std::move(callback); }
    /// Of a path that is there or can be made; null: there is no such path. Makes nothing.
    std::shared_ptr<const PathSettings> settings(const std::string& name) const;
    /// The path, which is made when it can be. Error: not_found; too_many, when most_on_demand are there;
    /// invalid_config, what its source or sinks say about their options.
    Result<std::shared_ptr<Path>> demand(const std::string& name);
    /// Each of them may be a camera that is pulled, and anybody who may read can ask for any name.
    static constexpr std::size_t most_on_demand = 1000;
    /// Those that were made on demand, and are there.
    std::vector<std::string> made_on_demand() const;
    /// Takes those out that nobody needs, and that were asked for last so long ago. Their names.
    std::vector<std::string> remove_idle(std::chrono::milliseconds unasked);
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
    void end_reader(const std::string& path, const std::string& id, const std::string& reason,
                    std::function<void(Result<>)> callback) override;
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
    Resolver resolver_ = [](const std::string&) { return Error{Code::not_found, ""}; };
    std::function<void(const std::string& name)> made_ = [](const std::string&) {};
    /// When each path that was made on demand was asked for last.
    std::map<std::string, std::chrono::steady_clock::time_point> asked_;
    const std::shared_ptr<Departures> departures_;
};

}  // namespace rill
