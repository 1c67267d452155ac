#include "variants.hpp"

#include "ladder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace rill::hls {

namespace {

using std::chrono::seconds;

/// A player that watches asks at least once in a target duration.
constexpr int idle_targets = 3;
constexpr Nanoseconds idle_least = seconds(10);
/// RFC 9110 §10.2.3: as long as a rendition is kept that nobody watches any more.
constexpr auto retry_after = "5";

/// 503 in any case: the other variants can be had, and this one perhaps later.
http::Response refusal(const Error& error, const std::string& name) {
    http::Response response = http::Response::error(
        {Code::unavailable, fmt::format("variant {} cannot be made: {}", name, error.message)});
    if (error.code == Code::too_many) response.header("Retry-After", retry_after);
    return response;
}

}  // namespace

void Variants::update(std::vector<Track> sources) {
    sources_ = std::move(sources);
    std::vector<std::string> unfit;
    for (auto& [name, made] : made_) {
        if (!made.feed->update(tracks_with(made.picture))) unfit.push_back(name);
    }
    for (const std::string& name : unfit)
        end_one(name, {Code::not_found, "the tracks of the path changed; load index.m3u8 again"});
}

std::vector<VariantStream> Variants::offer(const Format& lead, double frame_rate) const {
    std::vector<VariantStream> streams;
    if (given_.settings.variant == hls::Variant::mpegts) return streams;
    for (const Rendition& rendition : ladder(lead, given_.settings.heights))
        streams.push_back(describe(lead, rendition, frame_rate));
    return streams;
}

bool Variants::serve(std::string_view name, const http::Request& request, const std::string& suffix,
                     const std::optional<Leader>& leader, const Reply& reply) {
    for (auto& [each, made] : made_) {
        if (!name.starts_with(made.presentation->names().id)) continue;
        made.last_request = given_.clock.now();
        made.presentation->serve(name, request, suffix, reply);
        return true;
    }
    const std::vector<Rendition> offered = rungs();
    const Rendition* rendition = rung_of(name, offered);
    if (rendition == nullptr || !leader) return false;
    const auto made = make(*rendition, *leader);
    if (!made) {
        reply(refusal(made.error(), name_of(*rendition)));
        return true;
    }
    Presentation& presentation = *(*made)->presentation;
    (*made)->last_request = given_.clock.now();
    presentation.serve(presentation.names().media(), request, suffix, reply);
    return true;
}

void Variants::tick() {
    if (made_.empty()) return;
    const Nanoseconds now = given_.clock.now();
    const Nanoseconds idle =
        std::max(idle_least, idle_targets * given_.main.window()->rules().target_duration);
    std::vector<std::string> idle_ones;
    for (auto& [name, made] : made_) {
        made.presentation->tick();
        if (made.presentation->held() > 0) made.last_request = now;
        if (now - made.last_request >= idle) idle_ones.push_back(name);
    }
    for (const std::string& name : idle_ones)
        end_one(name, {Code::not_found, "nobody asked for it"});
}

bool Variants::held() const {
    return std::ranges::any_of(made_, [](const auto& each) { return each.second.presentation->held() > 0; });
}

void Variants::end(const Error& reason) {
    while (!made_.empty())
        end_one(made_.begin()->first, reason);
}

/// What is offered now, and what is being made though the picture has changed.
std::vector<Rendition> Variants::rungs() const {
    std::vector<Rendition> all;
    const Window* window = given_.main.window();
    const Format* lead = window != nullptr ? lead_format(*window) : nullptr;
    if (lead != nullptr) all = ladder(*lead, given_.settings.heights);
    for (const auto& [name, made] : made_)
        all.push_back(made.rendition);
    return all;
}

const Rendition* Variants::rung_of(std::string_view name, const std::vector<Rendition>& rungs) const {
    const auto found = std::ranges::find_if(rungs, [this, name](const Rendition& rendition) {
        return given_.main.names().media(name_of(rendition)) == name;
    });
    return found == rungs.end() ? nullptr : &*found;
}

Result<Variants::Made*> Variants::make(const Rendition& rendition, const Leader& leader) {
    const std::string name = name_of(rendition);
    if (const auto found = made_.find(name); found != made_.end()) return &found->second;
    const auto source =
        std::ranges::find_if(sources_, [&leader](const Track& track) { return track.index == leader.track; });
    if (source == sources_.end()) return Error{Code::unavailable, "the path has no such track any more"};
    auto picture = given_.host.render(*source, rendition);
    if (!picture) return picture.error();
    auto presentation = std::make_unique<Presentation>(given_.clock, given_.files);
    const auto before = next_sequence_.find(name);
    auto feed = make_rendition_feed(given_.host, tracks_with(*picture), given_.settings, leader,
                                    before == next_sequence_.end() ? 0 : before->second, *presentation,
                                    given_.timeline);
    if (!feed) return feed.error();
    Made made{.rendition = rendition,
              .picture = *std::move(picture),
              .presentation = std::move(presentation),
              .feed = *std::move(feed)};
    return &made_.emplace(name, std::move(made)).first->second;
}

/// The source's, with the rendition instead of what it is made of.
std::vector<Track> Variants::tracks_with(const Track& picture) const {
    std::vector<Track> tracks = {picture};
    for (const Track& track : sources_) {
        if (track.format->kind == Kind::audio) tracks.push_back(track);
    }
    return tracks;
}

void Variants::end_one(const std::string& name, const Error& reason) {
    const auto found = made_.find(name);
    Made made = std::move(found->second);
    made_.erase(found);  // `name` may have been in it
    made.feed.reset();
    if (const Window* window = made.presentation->window())
        next_sequence_[name_of(made.rendition)] = window->next_sequence();
    made.presentation->end(reason);
}

}  // namespace rill::hls
