// A client of …/mjpeg: JPEG after JPEG in one answer (multipart/x-mixed-replace, HTML Living Standard).
#pragma once

#include "asked.hpp"
#include "client.hpp"
#include "pace.hpp"

#include <rill/http_body.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

namespace rill::frames {

/// A picture is made for it when it has taken the one before, so a slow client sees fewer and never older
/// ones. While there are none the last one is sent again now and then, which shows who has gone.
///
/// Threading: as Subscriber; the rest any thread.
class MjpegClient final : public Subscriber, public std::enable_shared_from_this<MjpegClient> {
  public:
    MjpegClient(AskedPtr asked, Nanoseconds interval);

    void keep(std::shared_ptr<Attachment> attachment) { hold_.keep(std::move(attachment)); }
    void abandon() { hold_.release(); }
    /// Of the answer's body.
    void read(std::size_t at_most, http::BodySource::Done done);

    bool wants(const Stamp& stamp) override;
    void deliver(const PicturePtr& picture) override;
    void tick() override;
    void close(const Error& reason) override;

  private:
    class Body;
    http::BodySource::Piece next_piece(std::size_t at_most);
    void begin_part(const PicturePtr& picture);

    const AskedPtr asked_;
    const Nanoseconds since_;
    Pace pace_;  // the strand's
    Hold hold_;

    std::mutex mutex_;
    // Locked: mutex_.
    bool begun_ = false;
    bool ended_ = false;
    PicturePtr last_;
    Nanoseconds last_at_{0};
    Ref<GBytes> part_;  // what is being sent, without what was; null: nothing
    struct Waiting {
        std::size_t at_most;
        http::BodySource::Done done;
    };
    std::optional<Waiting> waiting_;
};

}  // namespace rill::frames
