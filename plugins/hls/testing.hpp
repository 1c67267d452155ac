// What the tests of this module share: a camera that exists only as numbers, real encoders, and a judge of
// playlists.
#pragma once

#include "segmenter.hpp"

#include <rill/clock.hpp>
#include <rill/media/access_unit.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill::hls::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeClock final : public Clock {
  public:
    std::chrono::nanoseconds now() const override { return now_; }
    void advance(std::chrono::nanoseconds time) { now_ += time; }

  private:
    std::chrono::nanoseconds now_{seconds(1000)};
};

/// Runs a pipeline with an appsink named "out" until it ends. Fails the test on an error.
std::vector<UnitPtr> encode(const std::string& pipeline);
/// A format out of a real encoder, made once.
std::shared_ptr<const Format> h264(int width = 320, int height = 240);
std::shared_ptr<const Format> h265();
std::shared_ptr<const Format> aac();
std::shared_ptr<const Format> opus();
/// μ-law, mono. There are no units of it.
std::shared_ptr<const Format> g711();

/// Makes units whose content means nothing and whose times are exact.
struct Camera {
    std::shared_ptr<const Format> format;
    Nanoseconds step = milliseconds(40);
    int gop = 25;  ///< units from keyframe to keyframe; sound: 1
    std::size_t size = 400;
    Nanoseconds now = seconds(100);
    std::int64_t utc_offset_us = 1'700'000'000'000'000;
    int since_keyframe = 0;
    std::uint64_t sequence = 0;

    UnitPtr next();
    /// Time without units; the next is a keyframe that tells of the loss.
    void outage(Nanoseconds time);

    bool lost = false;
};

/// One media playlist, read back.
struct Playlist {
    struct Entry {
        std::uint64_t sequence = 0;
        std::string uri;  ///< empty: in progress
        std::string map;
        double duration = 0;
        double parts_duration = 0;
        std::string date;
        bool gap = false;
        bool discontinuity = false;
        std::uint64_t discontinuity_sequence = 0;
        struct Part {
            std::string uri;
            double duration = 0;
            bool independent = false;
        };
        std::vector<Part> parts;
    };
    std::map<std::string, std::string> header;
    std::vector<Entry> entries;
    std::string hint;
    std::uint64_t skipped = 0;
    explicit Playlist(const std::string& text);
    const Entry* find(std::uint64_t sequence) const;
};

/// Checks each reload against the rules of RFC 8216bis that players depend on, and against what earlier
/// reloads said.
class Judge {
  public:
    void see(const std::string& text);
    /// Parts that may be longer than the part target because a single frame is.
    bool long_frames = false;
    /// How many parts were below 85 % of the part target without being the last of a segment.
    int short_parts = 0;

  private:
    void see_header(const Playlist& playlist);
    void see_entry(const Playlist& playlist, const Playlist::Entry& entry, bool last);

    std::map<std::string, std::string> header_;
    std::optional<std::uint64_t> media_sequence_, discontinuity_sequence_;
    std::map<std::uint64_t, Playlist::Entry> known_;
    std::string hint_;
};

/// A segmenter with its window, driven as a feed does it.
struct Rig {
    explicit Rig(Wishes wishes = {seconds(1), milliseconds(200), true}, std::size_t max_size = 50'000'000,
                 unsigned gaps = 3);
    /// Takes units of `picture` (and of `sound`, up to the same time) for as long.
    void run(Camera& picture, Nanoseconds time, Camera* sound = nullptr);
    void push(const UnitPtr& unit);
    void push_sound(const UnitPtr& unit);
    /// The media playlist now. The judge sees each of its versions.
    std::string playlist() const;

    Wishes wishes;
    std::size_t max_size;
    unsigned gaps;
    Nanoseconds known_interval{0};
    std::vector<UnitPtr> early;
    std::optional<Plan> plan;
    std::optional<Window> window;
    std::optional<Segmenter> segmenter;
    std::shared_ptr<const Format> sound_format;
    int keyframes_wanted = 0;
    Judge judge;
    std::uint64_t judged = 0;
};

/// Writes the bytes to a file in a fresh directory and lets ffmpeg decode it all. Returns what it complains
/// about; nullopt when ffmpeg is not installed.
std::optional<std::string> decode_with_ffmpeg(const cmaf::Chunks& bytes,
                                              const std::string& extension = "mp4");

}  // namespace rill::hls::testing
