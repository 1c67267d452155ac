// What a path looks like to HLS players: its playlists and files, asked for by name.
#pragma once

#include "held_requests.hpp"
#include "playlist.hpp"
#include "segment_files.hpp"
#include "window.hpp"

#include <rill/clock.hpp>
#include <rill/http.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::hls {

/// Sends the answer to one request; called once, now or later.
using Reply = std::function<void(http::Response)>;

/// The variant streams beside a picture (or sound) of this format and, where that does not tell, frame rate.
using Offer = std::function<std::vector<VariantStream>(const Format& lead, double frame_rate)>;

/// One incarnation: its names, its window, and the requests that wait for what comes next. A feed fills it.
/// Threading: none of its own.
class Presentation {
  public:
    /// With `files`, segments are kept there once they are closed.
    explicit Presentation(const Clock& clock, std::shared_ptr<SegmentFiles> files = nullptr,
                          std::string_view segment_extension = "mp4");

    /// Fixes the rules and begins. Once, before anything else of the window is used.
    Window& begin(const WindowRules& rules, double frame_rate);
    /// To be called after every change of the window: answers what waited for it.
    void changed();
    /// To be called now and then: gives up on requests that waited too long.
    void tick();
    /// Every waiting request fails with this.
    void end(const Error& error);

    /// The multivariant playlist, as soon as there is something to describe. `suffix`: see playlist.hpp.
    void index(const std::string& suffix, Offer offer, const Reply& reply);
    /// Anything else by its name.
    void serve(std::string_view name, const http::Request& request, const std::string& suffix,
               const Reply& reply);

    const Names& names() const { return names_; }
    /// Whether a player could start now: before it, the media playlist is held.
    bool playable() const;
    std::size_t held() const { return held_.count(); }
    /// Null before begin().
    const Window* window() const { return window_ ? &*window_ : nullptr; }

  private:
    struct Position {
        std::uint64_t sequence;
        std::optional<std::uint64_t> part;
    };
    void media(const http::Request& request, const std::string& suffix, const Reply& reply);
    void part(std::uint64_t number, const std::string& range, const Reply& reply);
    const Segment* listed(std::uint64_t sequence) const;
    bool contains(Position position) const;
    bool too_far(const Position& position) const;
    void hold(std::function<bool()> ready, std::function<void()> answer, const Reply& reply,
              Nanoseconds limit);
    Nanoseconds reload_limit() const;

    // Given.
    const Clock& clock_;
    const std::shared_ptr<SegmentFiles> files_;
    // Owned.
    Names names_;
    std::optional<Window> window_;
    HeldRequests held_;
    // State.
    double frame_rate_ = 0;
};

}  // namespace rill::hls
