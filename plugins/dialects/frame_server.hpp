// The raw frame server: streams that are added by a request, and their pictures as bare BGR.
#pragma once

#include "added_streams.hpp"

#include <rill/access.hpp>
#include <rill/hub.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace rill::dialects {

/// /api/streams, /api/streams/{id}, /api/streams/{id}/stats, /api/streams/{id}/frame, WS /ws/{id}. Pictures
/// are given of every path, also of those that the operator has configured.
///
/// Threading: the main thread. Outlives its controller as long as one of its callbacks is under way.
class FrameServer : public std::enable_shared_from_this<FrameServer> {
    struct Size {
        std::int64_t width = 640;
        std::int64_t height = 480;
        bool operator==(const Size&) const = default;
    };
    struct Stream {
        std::string url;
        Size size;
    };

  public:
    using Added = AddedStreams<Stream>::Table;
    FrameServer(ControllerHost& host, std::shared_ptr<Added> added)
        : host_(host), streams_(host, std::move(added)) {}

    void serve_streams(http::Exchange exchange);
    /// `rest` is what follows "/api/streams/".
    void serve_stream(http::Exchange exchange, const std::string& rest);
    /// Of "/ws/{id}".
    void serve_socket(http::Exchange exchange, const std::string& id);

  private:
    void serve_picture(http::Exchange exchange, const std::string& id);
    void serve_stream_itself(http::Exchange exchange, const std::string& rest);
    Result<Json> start(const std::string& body);
    static Result<Size> size_of(const Json& asked);
    Json list();
    Json describe(const PathStatus& path);
    Json stats(const PathStatus& path);
    std::map<std::string, std::string> picture_query(const std::string& id, const http::Request& client);

    ControllerHost& host_;
    AddedStreams<Stream> streams_;
};

}  // namespace rill::dialects
