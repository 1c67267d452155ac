// The HLS stream manager: streams that are started by a request, and go when nobody asks for them any more.
#pragma once

#include "added_streams.hpp"
#include "hls_names.hpp"
#include "settings.hpp"

#include <rill/clock.hpp>
#include <rill/hub.hpp>
#include <rill/loop.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rill::dialects {

/// /api/stream/start, /api/stream/stop, /api/stream/status, /api/health, /streams/{id}/stream.m3u8 and what
/// that leads to.
///
/// Threading: the main thread. Outlives its controller as long as one of its callbacks is under way.
class HlsManager : public std::enable_shared_from_this<HlsManager> {
    struct Stream {
        std::uint64_t number = 0;  ///< each has its own, also of those that had the name before
        std::chrono::nanoseconds last_request{0};
        std::optional<Presentation> presentation = std::nullopt;
        std::weak_ptr<http::Exchange> waiting = {};  ///< who was last to ask, until there is an answer
    };

  public:
    struct Added {
        AddedStreams<Stream>::Table streams;
        std::uint64_t next_number = 1;
    };
    HlsManager(ControllerHost& host, const Settings& settings, const Clock& clock,
               std::shared_ptr<Added> added);

    /// Takes away what nobody asked for of late, from now on.
    void begin();
    /// Nothing is done by what comes back later.
    void end();

    /// Of who may do what the request does, but for a start, which asks itself.
    void serve_api(http::Exchange exchange);
    /// `file` of the stream `id`: "stream.m3u8", "segment7.ts".
    void serve_file(http::Exchange exchange, const std::string& id, const std::string& file);
    /// Whether a name behind /streams/{id}/ is a file.
    static bool is_file(std::string_view name);
    /// What is done all the time: takes away what nobody asked for of late.
    void tick();

  private:
    struct Asked {
        std::shared_ptr<http::Exchange> exchange;
        std::string id;
        std::uint64_t stream = 0;
    };

    void admit_to_start(http::Exchange exchange);
    void start(http::Exchange exchange);
    http::Response stop(const http::Request& request);
    http::Response status(const http::Request& request);
    http::Response health();
    Json values_of(const std::string& url) const;
    void await_picture(http::Exchange exchange, const std::string& id, Stream& stream);
    void give_up(const std::shared_ptr<http::Exchange>& exchange, const std::string& id, std::uint64_t number,
                 const Error& error);
    /// Null: it has gone, or this has ended.
    Stream* still(const std::string& id, std::uint64_t number);

    void look_for_presentation(Asked asked);
    void serve_playlist(Asked asked, bool may_look_again);
    void serve_segment(const Asked& asked, const std::string& file);

    // Given.
    ControllerHost& host_;
    Loop& loop_;
    const Settings settings_;
    const Clock& clock_;
    const std::shared_ptr<Added> added_;
    // State.
    AddedStreams<Stream> streams_;
    Timer second_;
    bool ended_ = false;
};

}  // namespace rill::dialects
