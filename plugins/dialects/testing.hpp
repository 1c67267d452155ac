// The module with HTTP in front, and behind it paths that are those of the configuration.
#pragma once

#include "catch.hpp"
#include "controller_site.hpp"

#include <rill/clock.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rill::dialects::testing {

/// Paths that are configured, online unless the test says otherwise.
class ConfiguredHub final : public Hub {
  public:
    explicit ConfiguredHub(const test::FixedConfiguration& configuration) : configuration_(configuration) {}

    std::vector<std::string> names() const override { return configuration_.path_names(); }
    std::shared_ptr<const PathStatus> status(const std::string& path) const override;
    Result<> start(const std::string&) override { return ok(); }
    Result<> stop(const std::string&) override { return ok(); }
    using Hub::open;
    void open(const std::string& path, std::string_view sink, ReaderInfo info, OpenIf state,
              std::function<void(Result<Opened>)> callback) override;
    void end_reader(const std::string&, const std::string&, const std::string&,
                    std::function<void(Result<>)> callback) override {
        callback(ok());
    }
    void switch_on(const std::string&, std::string_view, SwitchOn,
                   std::function<void(Result<SinkStatus>)> callback) override {
        callback(SinkStatus{});
    }
    void switch_off(const std::string&, std::string_view,
                    std::function<void(Result<SinkStatus>)> callback) override {
        callback(SinkStatus{});
    }

    /// What is said of a path beyond its name.
    std::map<std::string, PathStatus> statuses;
    /// What whoever opens a path is told; an empty one: it has it.
    std::map<std::string, Error> refusals;

  private:
    const test::FixedConfiguration& configuration_;
};

/// What a native route was asked, and what it answers.
struct Native {
    std::vector<http::Request> asked;
    std::function<http::Response(const http::Request&)> answer;
};

class DialectSite : public test::ControllerSite {
  public:
    DialectSite();

    ConfiguredHub& hub() override { return hub_; }
    /// Of the server's own API, in which "{path}" stands for a path.
    Native& native(const std::string& pattern);
    http::test::Reply send(std::string_view method, std::string_view target, std::string_view body = "",
                           std::string_view headers = "");
    /// The body of the answer, whose status is as expected.
    Json told(int status, std::string_view method, std::string_view target, std::string_view body = "");

  private:
    ConfiguredHub hub_{configuration()};
    std::map<std::string, Native> natives_;
};

class FakeClock final : public Clock {
  public:
    std::chrono::nanoseconds now() const override { return time; }
    std::chrono::nanoseconds time{0};
};

}  // namespace rill::dialects::testing
