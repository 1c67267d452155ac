#include "sink_site.hpp"

#include "await.hpp"

#include <future>

namespace rill::test {

SinkSite::SinkSite(const SinkFactory& factory, std::unique_ptr<Sink> sink)
    : stream_(std::make_shared<Stream>(GopCache::Bounds{std::chrono::seconds(10), 16u << 20})),
      renditions_({.log = Log("path bench"),
                   .source = stream_,
                   .loop = &loop_,
                   .limit = std::make_shared<Permits>(4)}),
      runner_(std::make_shared<SinkRunner>(SinkRunner::Given{.path = "bench",
                                                             .factory = &factory,
                                                             .sink = std::move(sink),
                                                             .enabled = true,
                                                             .stream = stream_,
                                                             .renditions = &renditions_,
                                                             .loop = &loop_,
                                                             .archive = &archive_,
                                                             .request_keyframe = [](std::size_t) {},
                                                             .status_changed = [] {},
                                                             .switched_off = [] {}})) {}

SinkSite::~SinkSite() {
    run([this] {
        runner_->stop("the test is over");
        runner_.reset();
        renditions_.clear();
    });
}

bool SinkSite::run(const std::function<void()>& work) {
    const auto done = std::make_shared<std::promise<void>>();
    post([work, done] {
        work();
        done->set_value();
    });
    return done->get_future().wait_for(patience()) == std::future_status::ready;
}

void SinkSite::tell() {
    post([this] { runner_->tracks(stream_->tracks()); });
}

}  // namespace rill::test
