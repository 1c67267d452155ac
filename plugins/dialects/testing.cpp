#include "testing.hpp"

#include <rill/module.hpp>

#include <fmt/format.h>

namespace rill::dialects::testing {

namespace {

class NoSink final : public Sink {
  public:
    Result<> start(SinkHost&, std::span<const Track>) override { return ok(); }
    void stop(const std::string&) noexcept override {}
};

/// Of a sink that wants nothing.
class NoHost final : public SinkHost {
  public:
    const std::string& path() const override { return path_; }
    Loop& loop() override { return loop_; }
    const Log& log() const override { return log_; }
    Result<Track> render(const Track&, const Rendition&) override {
        return Error{Code::unavailable, "nothing"};
    }
    std::unique_ptr<Link> link(const Track&, LinkSpec) override { return nullptr; }
    std::unique_ptr<Link> subscribe(const Track&, LinkSpec, std::function<void(UnitPtr)>) override {
        return nullptr;
    }
    Archive* archive() override { return nullptr; }
    void request_keyframe(const Track&) override {}
    void post(std::function<void()> work) override { loop_.post(std::move(work)); }
    void failed(Error) override {}

  private:
    const std::string path_ = "none";
    Loop loop_{Ref<GMainContext>::retain(g_main_context_default())};
    const Log log_{"none"};
};

}  // namespace

std::shared_ptr<const PathStatus> ConfiguredHub::status(const std::string& path) const {
    if (!configuration_.paths.contains(path)) return nullptr;
    PathStatus status;
    status.state = PathState::online;
    status.available_since_us = 1;
    if (const auto said = statuses.find(path); said != statuses.end()) status = said->second;
    status.name = path;
    return std::make_shared<const PathStatus>(std::move(status));
}

void ConfiguredHub::open(const std::string& path, std::string_view, ReaderInfo, OpenIf,
                         std::function<void(Result<Opened>)> callback) {
    if (const auto refusal = refusals.find(path); refusal != refusals.end()) return callback(refusal->second);
    NoSink sink;
    NoHost host;
    callback(Opened{sink, host, nullptr});
}

DialectSite::DialectSite() : ControllerSite(*rill_module()) {}

Native& DialectSite::native(const std::string& pattern) {
    Native& native = natives_[pattern];
    const auto added = path_route(pattern, Needs::read, [&native](PathCall call) {
        native.asked.push_back(call.exchange.request());
        call.exchange.respond(native.answer ? native.answer(call.exchange.request())
                                            : http::Response::json(200, "{}"));
    });
    REQUIRE(added);
    return native;
}

http::test::Reply DialectSite::send(std::string_view method, std::string_view target, std::string_view body,
                                    std::string_view headers) {
    start();
    const std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}",
                                            method, target, body.size(), headers, body);
    const auto reply = harness().with([port = port(), request] {
        http::test::Client client(port);
        return client.call(request);
    });
    REQUIRE(reply);
    return *reply;
}

Json DialectSite::told(int status, std::string_view method, std::string_view target, std::string_view body) {
    const auto reply = send(method, target, body);
    INFO(method << " " << target << ": " << reply.body.substr(0, 1000));
    CHECK(reply.status == status);
    auto told = Json::parse(reply.body);
    REQUIRE(told);
    return *std::move(told);
}

}  // namespace rill::dialects::testing
