#include "one_picture.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <utility>

namespace rill::frames {

OnePicture::OnePicture(AskedPtr asked, std::uint64_t after, std::function<void(const PicturePtr&)> made)
    : asked_(std::move(asked)), after_(after), made_(std::move(made)), since_(running_time()) {}

bool OnePicture::wants(const Stamp& stamp) {
    return stamp.sequence > after_ && !hold_.is_over();
}

void OnePicture::deliver(const PicturePtr& picture) {
    hold_.count({.pictures = 1, .bytes = g_bytes_get_size(picture->payload.get())});
    if (made_) made_(picture);
    asked_->respond(to_response(*picture));
    hold_.release();
}

void OnePicture::tick() {
    if (running_time() - since_ < client_patience || !hold_.release()) return;
    asked_->fail({Code::timeout, fmt::format("no new picture came within {} s", client_patience.count())});
}

void OnePicture::close(const Error& reason) {
    if (hold_.release()) asked_->fail(reason);
}

}  // namespace rill::frames
