// The DVR server: streams with numbers for names, and WebRTC sessions that rewind.
#pragma once

#include "added_streams.hpp"

#include <rill/access.hpp>
#include <rill/hub.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace rill::dialects {

/// /streams, /streams/{source_id}, and /streams/{source_id}/webrtc with what is below it. A source's number
/// is the name of its path; paths with other names are none of its streams.
///
/// Threading: the main thread. Outlives its controller as long as one of its callbacks is under way.
class DvrServer : public std::enable_shared_from_this<DvrServer> {
    struct Stream {
        std::string url;
        bool is_recorded = false;
        bool operator==(const Stream&) const = default;
    };

  public:
    using Added = AddedStreams<Stream>::Table;
    DvrServer(ControllerHost& host, std::shared_ptr<Added> added)
        : host_(host), streams_(host, std::move(added)) {}

    void serve_streams(http::Exchange exchange);
    /// `rest` is what follows "/streams/".
    void serve_stream(http::Exchange exchange, std::string_view rest);

  private:
    Result<Json> create(const std::string& body);
    Json list();
    static Json describe(const PathStatus& path);
    void serve_source(http::Exchange exchange, const std::string& id);

    ControllerHost& host_;
    AddedStreams<Stream> streams_;
};

/// Whether a text is a source's number: a u64 in decimal, without leading zeros.
bool is_source_id(std::string_view text);

}  // namespace rill::dialects
