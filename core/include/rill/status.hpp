// Immutable snapshots of what runs: the API, the metrics and the dashboard read these and never wait for
// media.
#pragma once

#include <rill/media/access_unit.hpp>
#include <rill/rendition.hpp>
#include <rill/sink_counters.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rill {

enum class PathState {
    stopped = 1,  ///< nobody asked for it, or it was stopped
    connecting,   ///< the first attempt since it was started
    online,       ///< units arrive
    offline,      ///< the source failed; retried after a back-off; `reason` says why
};
std::string_view to_string(PathState state);

class LinkMeter;
class ReaderDetails;

struct ReaderStatus {
    std::string id, type, remote, user_agent;
    std::int64_t since_us = 0;
    std::uint64_t bytes_sent = 0, units_dropped = 0;
    std::string session = {};  ///< its type, as MediaMTX names it: "webRTCSession"
    std::string query = {};    ///< as ReaderInfo's
    std::string user = {};
    /// What its sink knows beside, as it is when that is read; null: nothing.
    std::shared_ptr<const ReaderDetails> details = nullptr;
};

struct SinkStatus {
    std::string id;
    bool running = false;
    std::string reason;  ///< why it is not running, when it failed
    /// Nothing for a sink that is off, which is not listed among a path's sinks.
    enum class On { off = 1, by_configuration, by_request } on = On::by_configuration;
    /// UTC of the first unit it was given since it runs, of pictures where there are any; 0: there was none
    /// yet.
    std::int64_t from_us = 0;
    std::int64_t until_us = 0;  ///< by request: when it ends; 0: when it is switched off
    /// What it counts itself, as it is when that is read; null: nothing.
    std::shared_ptr<const SinkCounters> counters = nullptr;
    /// Of its links, as they are when that is read; null: it has not run yet.
    std::shared_ptr<const LinkMeter> links = nullptr;
};

struct TrackStatus {
    std::shared_ptr<const Format> format;
    std::uint64_t units = 0, bytes = 0, discontinuities = 0;
};

/// A track in another form, made for those who cannot take it as it is.
struct RenditionStatus {
    std::shared_ptr<const Format> source;
    Rendition rendition;
    std::shared_ptr<const Format> format;  ///< of what is made; null before its first unit
    bool running = false;
    std::string reason;    ///< why it is not running
    std::string elements;  ///< "avdec_h265, x264enc"
    bool hardware = false;
    std::size_t links = 0;
    std::uint64_t units = 0, bytes = 0, failures = 0;
    std::int64_t cpu_us = 0;  ///< processor time that it has taken
};

/// The type of a source as MediaMTX names it: "rtspSource" of "rtsp".
std::string source_type_name(std::string_view source_type);

struct PathStatus {
    std::string name;
    std::string configured_as;  ///< the key in the configuration: the name, or the pattern that it matches
    std::string source;         ///< credentials masked
    std::string source_type;    ///< "rtsp"
    std::string substream;      ///< the path with the camera's smaller stream; empty: none
    bool on_demand = false;
    PathState state = PathState::stopped;
    std::string reason;         ///< of offline, and of the last failed attempt while connecting
    std::int64_t since_us = 0;  ///< of the state
    /// UTC at which the path got its stream; 0: it has none. A path that is online has one; another one has
    /// what is shown while its camera is away (alwaysAvailable).
    std::int64_t available_since_us = 0;
    std::vector<TrackStatus> tracks;
    std::vector<RenditionStatus> renditions;
    std::vector<ReaderStatus> readers;
    std::vector<SinkStatus> sinks;
    std::uint64_t max_readers = 0;  ///< 0: no limit
    std::uint64_t inbound_bytes = 0;
    std::uint64_t inbound_bits_per_second = 0;  ///< over the last second
    std::uint64_t outbound_bytes = 0;           ///< also of readers that left
    std::uint64_t units_dropped = 0;            ///< by links, also of those that are gone
    std::uint64_t reconnects = 0;               ///< times that a source was lost after it had been online
};

}  // namespace rill
