// One connection to a camera: the bin with rtspsrc and depayloaders, and what is noticed on the way.
#pragma once

#include "connection_watch.hpp"
#include "failure.hpp"
#include "session_tap.hpp"

#include <rill/log.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>
#include <rill/url.hpp>

#include <gst/gst.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace rill::rtsp {

enum class Transport { tcp = 1, udp, multicast };

/// Streams that a source has already complained about, over all its attempts. Locked inside.
class Complaints {
  public:
    /// True the first time.
    bool add(const std::string& what) {
        const std::lock_guard lock(mutex_);
        return said_.insert(what).second;
    }

  private:
    std::mutex mutex_;
    std::set<std::string> said_;  // locked: mutex_
};

/// Threading: build() on the path's loop, everything else on rtspsrc's threads; evidence() anywhere.
class Attempt final : public ConnectionObserver,
                      public SessionObserver,
                      public std::enable_shared_from_this<Attempt> {
  public:
    struct Given {
        Log log;
        Url url;
        std::string fingerprint;  ///< lower-case hex, or empty: the system's authorities decide
        Transport transport;
        std::chrono::nanoseconds timeout;
        std::shared_ptr<Complaints> complaints;
    };
    explicit Attempt(Given given) : given_(std::move(given)) {}

    /// The bin; it keeps the attempt alive. Once only. Error: GStreamer's RTSP elements are not installed.
    Result<Ref<GstElement>> build();
    Evidence evidence() const;

    void reached(Stage stage) override;
    void trying(const std::string& address) override;
    bool asks_about_valid_certificates() const override { return !given_.fingerprint.empty(); }
    void answered(const GstRTSPMessage& request, GstRTSPMessage* response) override;

    /// Called by the bin with every message of its elements, before it goes on.
    void observe(GstMessage* message);

  private:
    struct Branch {
        GstElement* depayloader;  // owned by the bin
        std::string factory;
    };
    void configure(GstElement* rtspsrc);
    void connect_signals(GstElement* rtspsrc);

    bool select(const GstCaps* caps);
    bool accept(GTlsCertificate* certificate, GTlsCertificateFlags errors);
    bool may_send();
    void add_pad(GstPad* pad);
    void tell_if_complete(bool no_more_pads);
    void replace_pad(const Branch& branch, GstPad* pad);
    void watch_manager(GstElement* rtpbin);
    GstPadProbeReturn pass(GstPadProbeInfo* info);
    void keep_alive();
    void fail(const std::string& text);

    // Given.
    const Given given_;
    // State, on rtspsrc's thread.
    GstElement* bin_ = nullptr;      // owns this object
    GstElement* rtspsrc_ = nullptr;  // owned by the bin
    GstRTSPExtension* extension_ = nullptr;
    std::map<unsigned, Branch> branches_;  // by stream number; also pad-added of UDP threads: branches_mutex_
    bool no_more_pads_ = false;            // locked: branches_mutex_
    bool told_complete_ = false;           // locked: branches_mutex_
    std::mutex branches_mutex_;
    bool certificate_seen_ = false;
    unsigned refusals_ = 0;  // 401 in a row
    bool has_get_parameter_ = false;
    std::string session_url_;  // of PLAY; empty: not playing
    std::chrono::microseconds keep_alive_interval_{30'000'000};
    std::int64_t last_keep_alive_us_ = 0;
    bool closing_ = false;

    mutable std::mutex mutex_;
    Evidence evidence_;  // locked: mutex_
};

}  // namespace rill::rtsp
