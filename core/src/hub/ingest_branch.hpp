// One pad of a source: parsed into the hub's form, then pushed into the stream.
#pragma once

#include "stream.hpp"

#include <rill/log.hpp>
#include <rill/pipeline.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rill {

/// How the hub wants a codec: which parser, and which caps behind it.
struct ParseRule {
    Kind kind;
    const char* parser;  ///< null: none needed
    const char* caps;
};
/// The rule for caps of a source's pad, or nothing for media that Rill does not carry.
std::optional<ParseRule> parse_rule(const GstCaps* caps);

/// Once attached, its appsink keeps it.
/// Threading: made on a streaming thread (pad-added); consume() runs on the pad's streaming thread.
class IngestBranch : public std::enable_shared_from_this<IngestBranch> {
  public:
    IngestBranch(std::shared_ptr<Stream> stream, std::uint64_t generation, std::size_t track, Log log,
                 std::function<void()> first_unit);

    /// Adds parser and appsink to the pipeline and links them to `pad`. Error: an element is missing, naming
    /// it.
    Result<> attach(Pipeline& pipeline, GstPad* pad, const ParseRule& rule);
    bool filled() const { return filled_.load(std::memory_order_acquire); }
    std::size_t track() const { return track_; }
    /// Asks upstream for a keyframe, once a unit has come. Any thread.
    void request_keyframe();

  private:
    GstFlowReturn consume(GstSample* sample);
    bool update_format(GstCaps* caps);
    /// Motion JPEG says its size in each picture. False for what is no picture, which nobody should get.
    bool follow_picture(GstBuffer* buffer);

    const std::shared_ptr<Stream> stream_;
    const std::uint64_t generation_;
    const std::size_t track_;
    const Log log_;
    const std::function<void()> first_unit_;
    GstElement* appsink_ = nullptr;  // owned by the pipeline
    Ref<GstPad> sink_pad_;
    Ref<GstCaps> caps_;  // of the newest unit
    std::shared_ptr<const Format> format_;
    bool left_out_ = false;  // something between the newest unit and the next
    bool complained_ = false;
    std::atomic<bool> filled_{false};
};

}  // namespace rill
