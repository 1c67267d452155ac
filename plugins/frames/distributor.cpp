#include "distributor.hpp"

#include "header.hpp"

#include <rill/bytes.hpp>

#include <algorithm>
#include <utility>

namespace rill::frames {

Distributor::Distributor(RingBounds bounds, std::size_t most_picture_bytes,
                         std::shared_ptr<Counters> counters, Log log)
    : bounds_(bounds),
      counters_(std::move(counters)),
      log_(std::move(log)),
      memory_(most_picture_bytes,
              std::shared_ptr<PictureMemory::Count>(counters_, &counters_->picture_bytes)) {}

void Distributor::post(void (Distributor::*work)()) {
    strand_.post([self = shared_from_this(), work] { (self.get()->*work)(); });
}

std::uint64_t Distributor::begin() {
    const std::lock_guard lock(mutex_);
    return ++decoder_;
}

void Distributor::push(std::uint64_t decoder, Ref<GstBuffer> buffer, const GstVideoInfo& info,
                       std::int64_t utc_us, Nanoseconds running) {
    const std::size_t bytes = gst_buffer_get_size(buffer.get());
    std::vector<DecodedPtr> dropped;  // given back after the lock
    {
        const std::lock_guard lock(mutex_);
        if (decoder != decoder_) return;
        const Stamp stamp{++counters_->sequence, utc_us, running};
        ring_.push_back(std::make_shared<const Decoded>(Decoded{std::move(buffer), info, stamp}));
        ring_bytes_ += bytes;
        while (ring_.size() > 1 && (ring_.size() > bounds_.pictures || ring_bytes_ > bounds_.bytes)) {
            ring_bytes_ -= gst_buffer_get_size(ring_.front()->buffer.get());
            dropped.push_back(std::move(ring_.front()));
            ring_.pop_front();
        }
    }
    counters_->skipped += dropped.size();
    post(&Distributor::take_next);
}

void Distributor::take_next() {
    DecodedPtr next;
    {
        const std::lock_guard lock(mutex_);
        if (ring_.empty()) return;
        next = std::move(ring_.front());
        ring_.pop_front();
        ring_bytes_ -= gst_buffer_get_size(next->buffer.get());
    }
    latest_ = std::move(next);
    made_.clear();
    for (const ConversionPtr& conversion : conversions_)
        serve(*conversion);
}

void Distributor::add(ConversionPtr conversion, std::shared_ptr<Subscriber> subscriber) {
    strand_.post(
        [self = shared_from_this(), conversion = std::move(conversion), subscriber = std::move(subscriber)] {
            conversion->subscribers.push_back(subscriber);
            if (std::ranges::find(self->conversions_, conversion) == self->conversions_.end())
                self->conversions_.push_back(conversion);
            if (!self->latest_ || !subscriber->wants(self->latest_->stamp)) return;
            if (const PicturePtr picture = self->make(*conversion)) subscriber->deliver(picture);
        });
}

void Distributor::remove(ConversionPtr conversion, std::shared_ptr<Subscriber> subscriber) {
    strand_.post(
        [self = shared_from_this(), conversion = std::move(conversion), subscriber = std::move(subscriber)] {
            // Once: it may have come again before this is done.
            const auto found = std::ranges::find(conversion->subscribers, subscriber);
            if (found != conversion->subscribers.end()) conversion->subscribers.erase(found);
            if (conversion->subscribers.empty()) std::erase(self->conversions_, conversion);
        });
}

void Distributor::serve(Conversion& conversion) {
    PicturePtr picture;
    for (const auto& subscriber : conversion.subscribers) {
        if (!subscriber->wants(latest_->stamp)) continue;
        if (!picture) picture = make(conversion);
        if (!picture) return;
        subscriber->deliver(picture);
    }
}

PicturePtr Distributor::make(Conversion& conversion) {
    const PixelFormat format = conversion.wanted.format;
    const Size size = resolve(conversion.wanted.size, latest_->info);
    if (PicturePtr made = find_made(format, size)) return made;
    PicturePtr picture = is_raw(format) ? make_raw(conversion, size) : make_encoded(conversion, size);
    if (!picture) {
        ++counters_->not_converted;
        return nullptr;
    }
    ++counters_->converted;
    made_.push_back(picture);
    return picture;
}

/// The pixels, behind room for a header.
std::optional<PictureMemory::Blank> Distributor::convert(Conversion& conversion, Size size, Colour& colour) {
    const PixelFormat format = conversion.wanted.format;
    auto blank = memory_.take(header_bytes + bytes_of(source_of(format), size));
    if (!blank) {
        failed({Code::unavailable, "clients read too slowly: what waits for them fills the memory"});
        return std::nullopt;
    }
    const auto made =
        conversion.converter.convert(*latest_, format, size, blank->bytes().subspan(header_bytes));
    if (!made) {
        failed(made.error());
        return std::nullopt;
    }
    colour = *made;
    return blank;
}

PicturePtr Distributor::make_raw(Conversion& conversion, Size size) {
    Colour colour;
    auto blank = convert(conversion, size, colour);
    if (!blank) return nullptr;
    return seal(*std::move(blank), {conversion.wanted.format, size, latest_->stamp, colour});
}

PicturePtr Distributor::make_encoded(Conversion& conversion, Size size) {
    Colour colour;
    auto pixels = convert(conversion, size, colour);
    if (!pixels) return nullptr;
    const auto whole = (*std::move(pixels)).seal();
    const auto encoded = conversion.encoder->encode(
        Ref<GBytes>::adopt(
            g_bytes_new_from_bytes(whole.get(), header_bytes, g_bytes_get_size(whole.get()) - header_bytes)),
        size);
    if (!encoded) {
        failed(encoded.error());
        return nullptr;
    }
    const auto bytes = view(*encoded);
    auto blank = memory_.take(header_bytes + bytes.size());
    if (!blank) return nullptr;
    std::ranges::copy(bytes, blank->bytes().subspan(header_bytes).begin());
    return seal(*std::move(blank), {conversion.wanted.format, size, latest_->stamp, Colour{}});
}

PicturePtr Distributor::seal(PictureMemory::Blank blank, Description description) {
    const std::size_t payload = blank.bytes().size() - header_bytes;
    write_header(blank.bytes().first<header_bytes>(), description, payload);
    auto message = std::move(blank).seal();
    auto part = Ref<GBytes>::adopt(g_bytes_new_from_bytes(message.get(), header_bytes, payload));
    return std::make_shared<const Picture>(Picture{description, std::move(message), std::move(part)});
}

PicturePtr Distributor::find_made(PixelFormat format, Size size) const {
    const auto found = std::ranges::find_if(made_, [&](const PicturePtr& picture) {
        return picture->description.format == format && picture->description.size == size;
    });
    return found == made_.end() ? nullptr : *found;
}

/// Once: pictures come thirty times a second.
void Distributor::failed(const Error& error) {
    if (!std::exchange(said_why_, true)) log_.warning("a picture was not made: {}", error.message);
}

void Distributor::tick() {
    post(&Distributor::tick_all);
}

void Distributor::tick_all() {
    for (const ConversionPtr& conversion : conversions_) {
        for (const auto& subscriber : conversion->subscribers)
            subscriber->tick();
    }
}

void Distributor::forget() {
    {
        const std::lock_guard lock(mutex_);
        ++decoder_;
        ring_.clear();
        ring_bytes_ = 0;
    }
    post(&Distributor::drop_all);
}

void Distributor::drop_all() {
    latest_.reset();
    made_.clear();
    said_why_ = false;
}

void Distributor::close(Error reason) {
    forget();
    strand_.post([self = shared_from_this(), reason = std::move(reason)] {
        const auto conversions = std::exchange(self->conversions_, {});
        for (const ConversionPtr& conversion : conversions) {
            for (const auto& subscriber : std::exchange(conversion->subscribers, {}))
                subscriber->close(reason);
        }
    });
}

}  // namespace rill::frames
