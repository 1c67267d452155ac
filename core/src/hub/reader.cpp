#include <rill/sink.hpp>

namespace rill {

ReaderInfo ReaderInfo::of(std::string_view type, const http::Request& request) {
    return {.type = std::string(type),
            .remote = request.remote,
            .user_agent = std::string(request.header("user-agent")),
            .query = request.raw_query,
            .user = request.user};
}

void Reader::set_details(std::shared_ptr<const ReaderDetails> details) {
    const std::lock_guard lock(mutex_);
    details_ = std::move(details);
}

std::shared_ptr<const ReaderDetails> Reader::details() const {
    const std::lock_guard lock(mutex_);
    return details_;
}

}  // namespace rill
