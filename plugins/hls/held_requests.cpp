#include "held_requests.hpp"

#include <utility>

namespace rill::hls {

void HeldRequests::hold(Request request) {
    if (request.ready()) {
        request.answer();
    } else if (held_.size() >= limit_) {
        request.refuse({Code::too_many, "too many requests wait for this stream"});
    } else {
        held_.push_back(std::move(request));
    }
}

void HeldRequests::settle() {
    for (auto it = held_.begin(); it != held_.end();) {
        if (!it->ready()) {
            ++it;
            continue;
        }
        it->answer();
        it = held_.erase(it);
    }
}

void HeldRequests::expire(Nanoseconds now) {
    for (auto it = held_.begin(); it != held_.end();) {
        if (it->deadline > now) {
            ++it;
            continue;
        }
        it->refuse({Code::unavailable, "what was asked for did not come in time: the source may be gone"});
        it = held_.erase(it);
    }
}

void HeldRequests::refuse_all(const Error& error) {
    for (const Request& request : held_)
        request.refuse(error);
    held_.clear();
}

}  // namespace rill::hls
