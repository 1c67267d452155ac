// From decoded pictures to those who want them, each made once for all who want the same.
#pragma once

#include "conversion.hpp"
#include "counters.hpp"
#include "picture_memory.hpp"
#include "strand.hpp"

#include <rill/log.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace rill::frames {

/// How much may wait between the decoder and the conversions.
struct RingBounds {
    std::size_t pictures = 100;
    std::size_t bytes = 64u << 20;
};

/// Threading: any thread; the work is done on a strand, which is also where subscribers are called.
class Distributor : public std::enable_shared_from_this<Distributor> {
  public:
    Distributor(RingBounds bounds, std::size_t most_picture_bytes, std::shared_ptr<Counters> counters,
                Log log);

    /// A new decoder begins. Gives what it has to say with its pictures; those of the one before count no
    /// more.
    std::uint64_t begin();
    /// Numbers the picture. Beyond the bounds the oldest one that waits goes.
    void push(std::uint64_t decoder, Ref<GstBuffer> buffer, const GstVideoInfo& info, std::int64_t utc_us,
              Nanoseconds running);
    /// The newest picture is wanted at once, if there is one.
    void add(ConversionPtr conversion, std::shared_ptr<Subscriber> subscriber);
    void remove(ConversionPtr conversion, std::shared_ptr<Subscriber> subscriber);
    void tick();
    /// Lets go of all pictures: the decoder was stopped.
    void forget();
    /// Closes all subscribers.
    void close(Error reason);

  private:
    void post(void (Distributor::*work)());
    void take_next();
    void serve(Conversion& conversion);
    PicturePtr make(Conversion& conversion);
    std::optional<PictureMemory::Blank> convert(Conversion& conversion, Size size, Colour& colour);
    PicturePtr make_raw(Conversion& conversion, Size size);
    PicturePtr make_encoded(Conversion& conversion, Size size);
    PicturePtr seal(PictureMemory::Blank blank, Description description);
    PicturePtr find_made(PixelFormat format, Size size) const;
    void failed(const Error& error);
    void tick_all();
    void drop_all();

    const RingBounds bounds_;
    const std::shared_ptr<Counters> counters_;
    const Log log_;
    PictureMemory memory_;
    Strand strand_;

    std::mutex mutex_;
    std::deque<DecodedPtr> ring_;  // locked: mutex_
    std::size_t ring_bytes_ = 0;   // locked: mutex_
    std::uint64_t decoder_ = 0;    // locked: mutex_; which one pictures are taken from

    // The strand's.
    std::vector<ConversionPtr> conversions_;  // none without subscribers
    DecodedPtr latest_;
    std::vector<PicturePtr> made_;  // of latest_
    bool said_why_ = false;
};

}  // namespace rill::frames
