// Recorded sound on its way into the codec that the viewer receives.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

namespace rill::webrtc {

/// Takes sound of another codec, in order; destroying it ends its making. pts: the running time at which the
/// unit is to be heard, soon.
using PushSound = std::function<void(const AccessUnit&)>;
/// Makes `codec` of sound in a format, with SoundTranscoder::create. `made` gets it with the pts of what it
/// is made of; `failed`, once, may destroy what was made. Neither is called from within push.
using TranscodeSound =
    std::function<Result<PushSound>(const std::shared_ptr<const Format>&, Codec,
                                    std::function<void(const UnitPtr&)>, std::function<void(const Error&)>)>;

/// Of what is read ahead only that is made which is soon to be heard. While nothing is, nothing is made.
///
/// Threading: the path's loop.
class RecordedSound {
  public:
    struct Given {
        Codec codec;
        TranscodeSound transcode;
        std::function<void(UnitPtr)> made;  ///< with its own time, UTC
        std::function<void(const Error&)> trouble;
    };
    explicit RecordedSound(Given given) : given_(std::move(given)) {}
    RecordedSound(const RecordedSound&) = delete;
    RecordedSound& operator=(const RecordedSound&) = delete;

    void read(UnitPtr unit) { read_.push_back(std::move(unit)); }
    /// Makes what is heard from a time on, until another, both UTC. `shift`: from UTC to when it is heard.
    void make(std::int64_t from_us, std::int64_t until_us, Nanoseconds shift);
    /// What is before it is not heard.
    void pass(std::int64_t until_us);
    /// What was read is not heard, and what follows does not continue it.
    void clear();

  private:
    bool goes_on(const AccessUnit& unit, Nanoseconds shift) const;
    bool begin(const AccessUnit& unit, Nanoseconds shift);
    void hand_on(const UnitPtr& made);

    const Given given_;
    std::deque<UnitPtr> read_;
    PushSound push_;  // empty while nothing is made
    std::shared_ptr<const Format> format_;
    Nanoseconds shift_{0};
    std::int64_t next_us_ = 0;  // where what was pushed ends
    bool cannot_ = false;       // not asked again before the next jump
};

}  // namespace rill::webrtc
