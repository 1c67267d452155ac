// A hub whose paths only have a status.
#pragma once

#include <rill/hub.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::test {

/// Paths that are what was last set. Nothing starts or stops.
class StatusHub final : public Hub {
  public:
    void set(PathStatus status);

    std::vector<std::string> names() const override;
    std::shared_ptr<const PathStatus> status(const std::string& path) const override;
    Result<> start(const std::string&) override { return ok(); }
    Result<> stop(const std::string&) override { return ok(); }
    using Hub::open;
    void open(const std::string& path, std::string_view, ReaderInfo, OpenIf,
              std::function<void(Result<Opened>)> callback) override;
    /// Of a reader in some path's status; who it was is written down.
    void end_reader(const std::string& path, const std::string& id, const std::string& reason,
                    std::function<void(Result<>)> callback) override;
    std::vector<std::string> ended;
    /// What is asked of a sink is written down, and answered with what the test says.
    void switch_on(const std::string& path, std::string_view sink, SwitchOn how,
                   std::function<void(Result<SinkStatus>)> callback) override;
    void switch_off(const std::string& path, std::string_view sink,
                    std::function<void(Result<SinkStatus>)> callback) override;
    struct Order {
        std::string path, sink;
        std::optional<SwitchOn> on;  ///< empty: off
    };
    std::vector<Order> orders;
    Result<SinkStatus> order_answer = SinkStatus{};

  private:
    std::map<std::string, std::shared_ptr<const PathStatus>> paths_;
};

}  // namespace rill::test
