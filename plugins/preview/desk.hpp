// Requests for pictures, from the question to the answer: one decoded at a time, the newest first, each once.
#pragma once

#include "decoder.hpp"
#include "keyframe.hpp"
#include "picture.hpp"
#include "picture_cache.hpp"
#include "wanted.hpp"

#include <rill/archive.hpp>
#include <rill/loop.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rill::preview {

/// One who waits for a picture.
struct Ask {
    Wanted wanted;
    std::function<void(Outcome)> done;  ///< called once, on a thread of the desk; not for who is gone
    /// Set, from any thread, when nobody waits any more.
    std::shared_ptr<std::atomic<bool>> gone = std::make_shared<std::atomic<bool>>(false);
};

/// How long a pipeline is kept for the next picture.
inline constexpr std::chrono::seconds rest_after{30};
/// How many may wait. Who comes then takes the place of who waits longest.
inline constexpr std::size_t most_waiting = 32;

/// Looks for the keyframe at once, on the archive's thread, so that a disk that hangs holds up its own
/// pictures only. What is not in the cache waits for the decoder; who scrubs wants the last picture, so the
/// newest is next. All who wait for the same picture get the one that is made.
///
/// Errors, besides those of find_keyframe() and Decoder: unavailable for who had to make room and when the
/// desk closes, timeout when the disk does not find the keyframe, or does not give it, within
/// `disk_patience`.
///
/// Threading: any thread; work is done on a thread of its own. The archive outlives it. Destroying it answers
/// who still waits, and waits for no disk: what the archive is reading for it then is dropped.
class Desk {
  public:
    using MakerFactory = std::function<std::unique_ptr<PictureMaker>(Loop&)>;
    Desk(Archive& archive, std::uint64_t cache_bytes, MakerFactory factory,
         std::chrono::milliseconds disk_patience);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    /// Not on the desk's own thread, on which `done` is called.
    ~Desk();

    void ask(Ask ask);

  private:
    struct Request {
        Ask ask;
        std::optional<Keyframe> keyframe;  // when it is found
        bool final = false;
        std::string key;  // in the cache
        Timer deadline;   // of the look; active on the desk's thread only
        /// Set on the desk's thread when nothing is wanted of the disk any more.
        std::atomic<bool> over = false;
    };
    using RequestPtr = std::shared_ptr<Request>;
    struct Inlet;

    void admit(const RequestPtr& request);
    void make_room();
    void forget_gone();
    void look(const RequestPtr& request);
    void found(const RequestPtr& request, Finding finding);
    void next();
    void load(const RequestPtr& request);
    void loaded(const RequestPtr& request, Result<Ref<GBytes>> unit);
    void complete(const Result<Ref<GBytes>>& jpeg);
    void finish(const RequestPtr& request, Outcome outcome);
    void close();
    bool is_in_hand(const Request& request) const;

    Archive& archive_;
    const MakerFactory factory_;
    const std::chrono::milliseconds disk_patience_;
    const std::shared_ptr<Inlet> inlet_;
    // The loop's thread.
    PictureCache cache_;
    std::unique_ptr<PictureMaker> maker_;
    std::vector<RequestPtr> open_;  // in the order in which they came
    RequestPtr in_hand_;            // whose picture is being read or decoded
    Timer deadline_, idle_;

    Loop loop_{"previews"};  // last: its work uses the others
};

}  // namespace rill::preview
