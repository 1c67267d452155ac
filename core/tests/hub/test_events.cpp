#include "catch.hpp"
#include "event_log.hpp"

#include <rill/event.hpp>

#include <set>

using namespace rill;
using namespace rill::test;

namespace {

Event event_of(EventKind kind, const std::string& path) {
    return {.kind = kind, .path = path};
}

}  // namespace

TEST_CASE("events arrive in their order, at everyone who observes") {
    EventLog log;
    std::string others;
    std::shared_ptr<Events::Observer> other;
    log.run([&] { other = log.events->observe([&](const Event& event) { others += event.path; }); });
    log.events->tell(event_of(EventKind::path_online, "a"));
    log.events->tell(event_of(EventKind::path_offline, "b"));
    CHECK(log.kinds() == "pathOnline pathOffline");
    log.run([&] { other.reset(); });
    log.events->tell(event_of(EventKind::path_stopped, "c"));
    CHECK(log.kinds() == "pathOnline pathOffline pathStopped");
    CHECK(others == "ab");
}

TEST_CASE("when nobody observes nothing is kept for those who come later") {
    Loop loop("main");
    const auto events = std::make_shared<Events>(loop);
    CHECK_FALSE(events->observed());
    events->tell(event_of(EventKind::path_online, "early"));
    std::promise<std::string> first;
    std::shared_ptr<Events::Observer> observer;
    loop.post([&] {
        observer = events->observe([&](const Event& event) { first.set_value(event.path); });
        events->tell(event_of(EventKind::path_online, "late"));
    });
    CHECK(first.get_future().get() == "late");
    std::promise<bool> observed;
    loop.post([&] {
        observer.reset();
        observed.set_value(events->observed());
    });
    CHECK_FALSE(observed.get_future().get());
}

TEST_CASE("an observer may end while it is told, and others are told all the same") {
    EventLog log;
    std::shared_ptr<Events::Observer> once;
    int times = 0;
    log.run([&] {
        once = log.events->observe([&](const Event&) {
            ++times;
            once.reset();
        });
    });
    log.events->tell(event_of(EventKind::path_online, "a"));
    log.events->tell(event_of(EventKind::path_offline, "a"));
    CHECK(log.told().size() == 2);
    CHECK(times == 1);
}

TEST_CASE("after the end events are dropped, whoever tells them") {
    std::shared_ptr<Events> events;
    {
        EventLog log;
        events = log.events;
    }
    events->tell(event_of(EventKind::path_online, "late"));
    CHECK_FALSE(events->observed());
}

TEST_CASE("each kind has a name of its own, of letters") {
    std::set<std::string_view> names;
    for (int kind = 1; kind <= static_cast<int>(EventKind::storage_recovered); ++kind) {
        const std::string_view name = to_string(static_cast<EventKind>(kind));
        CHECK(name != "unknown");
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
              std::string_view::npos);
        names.insert(name);
    }
    CHECK(names.size() == static_cast<std::size_t>(EventKind::storage_recovered));
}

TEST_CASE("details say what a kind has to say, and never the query") {
    Event reader = event_of(EventKind::reader_added, "cam1");
    reader.type = "hlsSession";
    reader.id = "1";
    reader.remote = "192.0.2.1:5";
    reader.query = "token=secret";
    CHECK(details_of(reader).dump() == R"({"type":"hlsSession","id":"1","remote":"192.0.2.1:5"})");
    Event segment = event_of(EventKind::segment_complete, "cam1");
    segment.file = "/srv/1.mp4";
    segment.duration_us = 2'500'000;
    CHECK(details_of(segment).dump() == R"({"file":"/srv/1.mp4","duration":2.5})");
    Event storage = event_of(EventKind::storage_failed, "");
    storage.file = "/srv";
    storage.reason = "the disk is full";
    CHECK(details_of(storage).dump() == R"({"reason":"the disk is full","root":"/srv"})");
    CHECK(is_alarm(storage.kind));
    CHECK_FALSE(is_alarm(segment.kind));
}
