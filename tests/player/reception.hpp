// What came of one track, and what could be decoded of it.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rill::test {

struct Received {
    std::string kind;   ///< "video", "audio"
    std::string codec;  ///< as RTP has it: "H264", "OPUS"
    unsigned payload_type = 0;
    std::uint64_t packets = 0;
    std::uint64_t lost = 0;  ///< by the gaps in their sequence numbers

    std::uint64_t frames = 0;  ///< pictures decoded
    int width = 0, height = 0;
    double luma_mean = 0;       ///< of the last picture, 0 … 255
    double luma_deviation = 0;  ///< 0: all of it is of one brightness

    std::uint64_t samples = 0;  ///< decoded, of each channel
    int rate = 0, channels = 0;
    double loudest = 0;  ///< the highest sample so far, 0 … 1
};

/// Decodes what a pad of webrtcbin's gives, and counts.
///
/// Threading: made on any thread, written on streaming threads, read on any.
class Reception {
  public:
    /// Adds the decoder to `bin` and links it to the pad. `raw`: where each picture is written, as I420
    /// without padding; may be null, else it outlives the pipeline.
    static std::shared_ptr<Reception> begin(GstBin* bin, GstPad* pad, std::FILE* raw);

    Received so_far() const;

  private:
    explicit Reception(std::FILE* raw) : raw_(raw) {}

    void count(GstBuffer* packet);
    void take(GstSample* decoded);
    void take_picture(GstSample* picture);
    void take_sound(GstSample* sound);
    static void add_sink(const std::shared_ptr<Reception>& reception, GstBin* bin, GstPad* decoded);

    std::FILE* const raw_;
    mutable std::mutex mutex_;
    Received received_;                      // locked: mutex_
    std::optional<std::uint16_t> expected_;  // locked: mutex_
};

}  // namespace rill::test
