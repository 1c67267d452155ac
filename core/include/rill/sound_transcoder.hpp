// Sound in another codec for one consumer: of what is recorded, which no path has as a track to share.
#pragma once

#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/media/access_unit.hpp>
#include <rill/result.hpp>

#include <functional>
#include <memory>

namespace rill {

/// As a rendition (rill/rendition.hpp; G.711 has 8 kHz and one channel), in a pipeline and with a streaming
/// thread of its own. What it holds is bounded: of what is pushed faster than it is made, up to 512 units
/// wait, then they are dropped.
///
/// Threading: made, used and destroyed on the loop, where its callbacks come.
class SoundTranscoder {
  public:
    struct Given {
        std::shared_ptr<const Format> format;  ///< of what is pushed
        Codec codec;                           ///< of what is made: see rendered_format()
        Loop* loop;
        Log log;
        /// Its times are those of what it was made of. Not after the destructor.
        std::function<void(const UnitPtr&)> made;
        /// It makes nothing more. May destroy it.
        std::function<void(const Error&)> failed;
    };
    /// Error: unavailable, a decoder or an encoder is missing.
    static Result<std::unique_ptr<SoundTranscoder>> create(Given given);
    SoundTranscoder(const SoundTranscoder&) = delete;
    SoundTranscoder& operator=(const SoundTranscoder&) = delete;
    ~SoundTranscoder();

    /// In order. pts: the running time at which it is to be heard, not more than two seconds from now.
    void push(const AccessUnit& unit);

  private:
    struct State;
    explicit SoundTranscoder(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

}  // namespace rill
