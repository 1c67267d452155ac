#include "mjpeg.hpp"

#include <rill/bytes.hpp>
#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace rill::frames {

namespace {

/// Proxies close connections on which nothing comes; so do we, by what the last picture meets.
constexpr std::chrono::seconds again_after{5};

/// Head and picture in one, because a JPEG is small.
Ref<GBytes> part_of(const Picture& picture) {
    const auto jpeg = view(picture.payload);
    const std::string head = fmt::format(
        "--rill\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nX-Rill-Sequence: {}\r\nX-Rill-Time: "
        "{}\r\n\r\n",
        jpeg.size(), picture.description.stamp.sequence, rfc3339_us(picture.description.stamp.utc_us));
    std::vector<std::uint8_t> bytes;
    bytes.reserve(head.size() + jpeg.size() + 2);
    bytes.insert(bytes.end(), head.begin(), head.end());
    bytes.insert(bytes.end(), jpeg.begin(), jpeg.end());
    bytes.push_back('\r');
    bytes.push_back('\n');
    return to_bytes(std::move(bytes));
}

}  // namespace

class MjpegClient::Body final : public http::BodySource {
  public:
    explicit Body(std::shared_ptr<MjpegClient> client) : client_(std::move(client)) {}
    ~Body() override { client_->abandon(); }
    std::optional<std::uint64_t> size() const override { return std::nullopt; }
    void read(std::uint64_t, std::size_t at_most, Done done) override {
        client_->read(at_most, std::move(done));
    }

  private:
    const std::shared_ptr<MjpegClient> client_;
};

MjpegClient::MjpegClient(AskedPtr asked, Nanoseconds interval)
    : asked_(std::move(asked)), since_(running_time()), pace_(interval) {}

bool MjpegClient::wants(const Stamp& stamp) {
    if (hold_.is_over() || !pace_.is_due(stamp)) return false;
    const std::lock_guard lock(mutex_);
    return !begun_ || waiting_;
}

void MjpegClient::deliver(const PicturePtr& picture) {
    pace_.taken(picture->description.stamp);
    begin_part(picture);
}

void MjpegClient::begin_part(const PicturePtr& picture) {
    hold_.count({.pictures = 1});
    std::optional<Waiting> waiting;
    http::BodySource::Piece piece;
    bool is_first = false;
    auto part = part_of(*picture);
    {
        const std::lock_guard lock(mutex_);
        last_ = picture;
        last_at_ = running_time();
        part_ = std::move(part);
        is_first = !std::exchange(begun_, true);
        waiting.swap(waiting_);
        if (waiting) piece = next_piece(waiting->at_most);
    }
    if (is_first) {
        http::Response response;
        response.content_type = "multipart/x-mixed-replace; boundary=rill";
        response.stream.emplace(std::make_unique<Body>(shared_from_this()));
        asked_->respond(std::move(response));
    }
    if (!waiting) return;
    for (const auto& bytes : piece)
        hold_.count({.bytes = g_bytes_get_size(bytes.get())});
    waiting->done(std::move(piece));
}

/// With mutex_ held.
http::BodySource::Piece MjpegClient::next_piece(std::size_t at_most) {
    const std::size_t left = g_bytes_get_size(part_.get());
    const std::size_t size = std::min(left, at_most);
    http::BodySource::Piece piece;
    piece.push_back(Ref<GBytes>::adopt(g_bytes_new_from_bytes(part_.get(), 0, size)));
    if (size == left) {
        part_.reset();
    } else {
        part_ = Ref<GBytes>::adopt(g_bytes_new_from_bytes(part_.get(), size, left - size));
    }
    return piece;
}

void MjpegClient::read(std::size_t at_most, http::BodySource::Done done) {
    http::BodySource::Piece piece;
    {
        const std::lock_guard lock(mutex_);
        if (part_) {
            piece = next_piece(at_most);
        } else if (!ended_) {
            waiting_ = Waiting{at_most, std::move(done)};
            return;
        }
    }
    for (const auto& bytes : piece)
        hold_.count({.bytes = g_bytes_get_size(bytes.get())});
    done(std::move(piece));
}

void MjpegClient::tick() {
    PicturePtr again;
    {
        const std::lock_guard lock(mutex_);
        if (begun_ && waiting_ && running_time() - last_at_ >= again_after) again = last_;
        if (begun_ && !again) return;
    }
    if (again) return begin_part(again);
    if (running_time() - since_ < client_patience || !hold_.release()) return;
    asked_->fail({Code::timeout, fmt::format("no picture came within {} s", client_patience.count())});
}

void MjpegClient::close(const Error& reason) {
    hold_.release();
    std::optional<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        waiting.swap(waiting_);
    }
    // No bytes are the end.
    if (waiting) waiting->done(http::BodySource::Piece());
    asked_->fail(reason);
}

}  // namespace rill::frames
