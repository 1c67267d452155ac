// One streamed body on its way from its source into a connection.
#pragma once

#include "mailbox.hpp"
#include "message.hpp"
#include "output_queue.hpp"

#include <rill/http_body.hpp>

#include <functional>
#include <memory>
#include <string>

namespace rill::http {

/// Threading: the server's.
class BodyStream : public std::enable_shared_from_this<BodyStream> {
  public:
    using Deliver = std::function<void(Result<BodySource::Piece>)>;

    /// `head` goes out with the first piece, so that an error before it can still be answered.
    BodyStream(StreamedBody body, Framing::Kind framing, std::string head);

    /// Asks the source for the next piece, unless it is asked already or `queued` bytes are enough for the
    /// client. `deliver` runs later, from the mailbox, if the stream still exists then.
    void ask(std::size_t queued, const std::shared_ptr<Mailbox>& mailbox, Deliver deliver);
    /// Puts a delivered piece into `output`. Error: the source's, or that it broke its contract.
    Result<> take(const Result<BodySource::Piece>& piece, OutputQueue& output);

    /// Whether the client has got anything of the answer.
    bool started() const { return head_.empty(); }
    bool complete() const { return complete_; }
    /// Whether the client cannot tell a connection that is closed in order from the end of the body.
    bool ends_with_connection() const { return framing_ == Framing::Kind::until_close; }

  private:
    std::size_t next_size() const;

    const StreamedBody body_;
    const Framing::Kind framing_;
    std::string head_;
    std::uint64_t position_ = 0;
    bool asked_ = false;
    bool complete_ = false;
};

}  // namespace rill::http
