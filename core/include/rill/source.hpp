// A source brings the tracks of one path in. It builds a bin and nothing more; core runs, watches and
// rebuilds it.
#pragma once

#include <rill/options.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rill {

/// What a source is made from. Lives as long as the source.
struct SourceContext {
    std::string path;         ///< the path's name, for messages
    std::string url;          ///< the `source` of the configuration, credentials and all: never log it raw
    std::string fingerprint;  ///< `sourceFingerprint`: SHA-256 of the server's certificate in hex, or ""
    std::chrono::nanoseconds read_timeout;  ///< `readTimeout`
    Options options;                        ///< of the module's table
};

/// Threading: all on the path's loop.
class Source {
  public:
    virtual ~Source() = default;

    /// A new bin whose source pads carry encoded media: video/x-h264, video/x-h265, audio/mpeg (AAC),
    /// audio/x-opus, audio/x-mulaw, audio/x-alaw, in any stream format. Pads may appear later (sometimes
    /// pads); then the bin emits no-more-pads. A pad with other caps is skipped with one warning. Buffers are
    /// stamped in running time and come at the pace of their time. Called once for each connection attempt;
    /// the bin before it is gone by then.
    virtual Result<Ref<GstElement>> build() = 0;

    /// Turns an error message of the bin into what a person should read; the code decides on the back-off
    /// (unauthorized: long). The default passes GStreamer's text on as unavailable.
    virtual Error explain(GstMessage* message);

    /// Called every second while the bin plays (keep-alive and the like).
    virtual void tick() {}
};

struct SourceFactory {
    std::string_view id;  ///< "rtsp": also the prefix of its options
    std::string_view summary;
    std::span<const std::string_view> schemes;  ///< URL schemes it takes: "rtsp", "rtsps"
    std::span<const Option> options;
    /// Checks the URL and the options. Error: invalid_config, saying what is wrong with them.
    Result<std::unique_ptr<Source>> (*create)(const SourceContext& context);
};

}  // namespace rill
