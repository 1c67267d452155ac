// Bodies of answers that are made while they are sent.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rill::http {

/// Where a body comes from, piece by piece: a file, a remuxer.
///
/// Threading: size() and read() are called on the thread that answers and on the server's thread; neither may
/// block. The destructor may block: it runs on a disposal thread of its own kind, never on the one that lets
/// go.
class BodySource {
  public:
    using Piece = std::vector<Ref<GBytes>>;
    /// Called on any thread, at once or later; the first call counts. Dropped uncalled, it is an error.
    using Done = std::function<void(Result<Piece>)>;

    virtual ~BodySource() = default;
    /// In bytes; asked once. Nothing when unknown: the body is then chunked (RFC 9112 §7.1), or ends with the
    /// connection for a client of HTTP/1.0.
    virtual std::optional<std::uint64_t> size() const = 0;
    /// Gives from 1 to `at_most` bytes that begin at `offset`. No bytes are the end of a body of unknown
    /// size, and an error in one of known size. One read at a time, in order, and only when the client has
    /// taken what came before. The source lives until the read is answered, also when the client has gone
    /// meanwhile (then the answer is discarded), so a source that keeps `done` must call or drop it some day.
    ///
    /// An error before the first piece is answered as Response::error(); later it closes the connection.
    virtual void read(std::uint64_t offset, std::size_t at_most, Done done) = 0;
};

/// A source, or a part of what it gives. Copies share the source, which is destroyed with the last one.
///
/// Threading: a value; different copies on different threads.
class StreamedBody {
  public:
    /// `source` is not null.
    explicit StreamedBody(std::unique_ptr<BodySource> source);

    /// `count` bytes from `first`, which both lie within this body; its size must be known.
    StreamedBody part(std::uint64_t first, std::uint64_t count) const;
    std::optional<std::uint64_t> size() const { return size_; }
    /// As BodySource::read(), with `offset` from the beginning of this body.
    void read(std::uint64_t offset, std::size_t at_most, BodySource::Done done) const;

  private:
    std::shared_ptr<BodySource> source_;
    std::uint64_t first_ = 0;
    std::optional<std::uint64_t> size_;
};

}  // namespace rill::http
