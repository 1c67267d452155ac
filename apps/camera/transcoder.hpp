// Raw buffers in, encoded samples out, as fast as the encoder can and with little memory for raw buffers.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <stop_token>
#include <string>
#include <vector>

namespace rill::camera {

/// For one thread. Every call that waits ends when the pipeline fails or `stop` is asked.
class Transcoder {
  public:
    /// `elements` stand between the raw `caps` and the output, in the language of gst_parse_launch.
    static Result<Transcoder> create(const std::string& caps, const std::string& elements,
                                     std::stop_token stop);

    Transcoder(Transcoder&& other) noexcept = default;
    Transcoder& operator=(Transcoder&&) = delete;
    ~Transcoder();

    Result<> push(Ref<GstBuffer> raw);
    /// Ends the stream and returns all that was encoded.
    Result<std::vector<Ref<GstSample>>> finish();

  private:
    Transcoder(Ref<GstElement> pipeline, std::stop_token stop);
    /// Waits a moment for one more sample.
    Result<> collect();
    Result<> check() const;

    Ref<GstElement> pipeline_;
    Ref<GstElement> input_;
    Ref<GstElement> output_;
    std::stop_token stop_;
    std::vector<Ref<GstSample>> encoded_;
};

}  // namespace rill::camera
