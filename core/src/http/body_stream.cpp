#include "body_stream.hpp"

#include "guarded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace rill::http {
namespace {

constexpr std::size_t piece_bytes = 256u << 10;
/// Below it the source is asked again: a connection holds two pieces at most.
constexpr std::size_t low_water_bytes = 256u << 10;

/// One read that a source owes an answer to. Holds the source until then.
class PendingRead {
  public:
    PendingRead(StreamedBody body, std::shared_ptr<Mailbox> mailbox, BodyStream::Deliver deliver)
        : body_(std::move(body)), mailbox_(std::move(mailbox)), deliver_(std::move(deliver)) {}
    PendingRead(const PendingRead&) = delete;
    PendingRead& operator=(const PendingRead&) = delete;
    ~PendingRead() { answer(Error{Code::internal, "the source of the body dropped a read unanswered"}); }

    void answer(Result<BodySource::Piece> piece) {
        if (answered_.exchange(true)) return;
        // Never at once, not even on the server's thread: a source that always answers inside read() would
        // recurse, and keep the server from its other clients.
        mailbox_->post([deliver = std::move(deliver_), piece = std::move(piece)] { deliver(piece); });
    }

  private:
    const StreamedBody body_;
    const std::shared_ptr<Mailbox> mailbox_;
    BodyStream::Deliver deliver_;
    std::atomic<bool> answered_ = false;
};

}  // namespace

BodyStream::BodyStream(StreamedBody body, Framing::Kind framing, std::string head)
    : body_(std::move(body)), framing_(framing), head_(std::move(head)) {}

std::size_t BodyStream::next_size() const {
    if (!body_.size()) return piece_bytes;
    return static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, *body_.size() - position_));
}

void BodyStream::ask(std::size_t queued, const std::shared_ptr<Mailbox>& mailbox, Deliver deliver) {
    if (asked_ || complete_ || queued >= low_water_bytes) return;
    asked_ = true;
    const auto pending = std::make_shared<PendingRead>(
        body_, mailbox, [stream = weak_from_this(), deliver = std::move(deliver)](auto piece) {
            if (const auto alive = stream.lock()) deliver(std::move(piece));
        });
    guarded("BodySource::read", [&] {
        body_.read(position_, next_size(), [pending](auto piece) { pending->answer(std::move(piece)); });
    });
}

Result<> BodyStream::take(const Result<BodySource::Piece>& piece, OutputQueue& output) {
    asked_ = false;
    if (!piece) return piece.error();
    std::size_t count = 0;
    for (const auto& bytes : *piece)
        count += g_bytes_get_size(bytes.get());
    if (count > next_size()) {
        return Error{Code::internal, fmt::format("the source of the body gave {} bytes at offset {}, but {} "
                                                 "were asked for",
                                                 count, position_, next_size())};
    }
    if (count == 0 && body_.size()) {
        return Error{Code::internal, fmt::format("the source of the body ended at offset {} of {}", position_,
                                                 *body_.size())};
    }
    position_ += count;
    complete_ = body_.size() ? position_ == *body_.size() : count == 0;

    output.push(to_bytes(std::exchange(head_, {})));
    const bool chunked = framing_ == Framing::Kind::chunked;
    if (chunked) output.push(to_bytes(fmt::format("{:x}\r\n", count)));  // size 0 is the last chunk
    for (const auto& bytes : *piece)
        output.push(bytes);
    if (chunked) output.push(to_bytes("\r\n"));
    return ok();
}

}  // namespace rill::http
