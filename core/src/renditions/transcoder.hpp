// The pipeline of a rendition: appsrc ! decoder ! size or rate ! encoder ! parser ! appsink.
#pragma once

#include "hub/ingest_branch.hpp"
#include "hub/stream.hpp"

#include <rill/codec_elements.hpp>
#include <rill/log.hpp>
#include <rill/pipeline.hpp>
#include <rill/rendition.hpp>
#include <rill/result.hpp>
#include <rill/track_feed.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace rill {

/// Disposable as an Ingest is: what fails is thrown away and made again.
///
/// One streaming thread decodes and encodes; up to 1080p it is the only one.
///
/// Threading: made, used and destroyed on the path's loop.
class Transcoder {
  public:
    struct Given {
        std::shared_ptr<Stream> source;
        std::size_t track;  ///< of the source
        std::shared_ptr<const Format> format;
        Rendition rendition;
        Hardware hardware;
        std::shared_ptr<Stream> out;  ///< with one track
        Loop* loop;
        Log log;
        std::function<void(Error)> failed;  ///< on the loop, not after the destructor
    };
    /// Error: unavailable, a decoder or an encoder is missing.
    static Result<std::unique_ptr<Transcoder>> create(Given given);
    Transcoder(const Transcoder&) = delete;
    Transcoder& operator=(const Transcoder&) = delete;
    ~Transcoder();

    /// Asks the encoder for a keyframe.
    void request_keyframe() { branch_->request_keyframe(); }
    /// Units of the source that were taken for decoding.
    std::uint64_t taken() const { return feed_->statistics().delivered; }
    /// Of the streaming thread.
    std::chrono::microseconds cpu_time() const;
    bool uses_hardware() const { return uses_hardware_; }
    /// "avdec_h265, x264enc"
    const std::string& elements() const { return elements_; }

  private:
    struct Gate;
    explicit Transcoder(Given given);
    Result<> build();
    Result<> build_middle(GstElement* decoder, GstElement* encoder);
    Result<> finish(GstElement* encoder);
    GstElement* capsfilter(const Ref<GstCaps>& caps);

    const Given given_;
    const std::shared_ptr<Gate> gate_;
    Pipeline pipeline_;
    std::shared_ptr<IngestBranch> branch_;
    bool uses_hardware_ = false;
    std::string elements_;
    std::unique_ptr<TrackFeed> feed_;  // before the pipeline: it feeds an element of it
};

}  // namespace rill
