#include "chunked_body.hpp"

#include <algorithm>
#include <charconv>

namespace rill::http {
namespace {

// Sizes are a few digits; extensions and trailers mean nothing here and get no room to grow.
constexpr std::size_t line_limit = 256;
constexpr std::size_t trailer_limit = 8 * 1024;

}  // namespace

std::size_t ChunkedBody::take(std::string_view input, std::string& body) {
    std::size_t used = 0;
    while (used < input.size()) {
        const std::string_view rest = input.substr(used);
        switch (state_) {
            case State::data: {
                const auto count =
                    static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, rest.size()));
                body.append(rest.substr(0, count));
                chunk_left_ -= count;
                used += count;
                if (chunk_left_ == 0) state_ = State::data_end;
                break;
            }
            case State::size_line:
            case State::data_end:
            case State::trailer:
                used += take_line(rest);
                break;
            case State::complete:
            case State::malformed:
            case State::too_large:
                return used;
        }
    }
    return used;
}

std::size_t ChunkedBody::take_line(std::string_view input) {
    const std::size_t count = std::min(input.find('\n'), input.size() - 1) + 1;
    line_.append(input.substr(0, count));
    if (line_.size() > line_limit) {
        state_ = State::malformed;
        return count;
    }
    if (line_.back() != '\n') return count;
    if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
        state_ = State::malformed;
        return count;
    }
    line_.resize(line_.size() - 2);
    end_line();
    line_.clear();
    return count;
}

void ChunkedBody::end_line() {
    switch (state_) {
        case State::size_line:
            read_size();
            return;
        case State::data_end:
            state_ = line_.empty() ? State::size_line : State::malformed;
            return;
        default:
            trailer_bytes_ += line_.size();
            if (line_.empty()) state_ = State::complete;
            if (trailer_bytes_ > trailer_limit) state_ = State::malformed;
    }
}

void ChunkedBody::read_size() {
    const char* const begin = line_.data();
    const char* const end = begin + line_.size();
    const auto [digits_end, problem] = std::from_chars(begin, end, chunk_left_, 16);
    const bool whole = digits_end == end || *digits_end == ';';
    if (problem != std::errc() || !whole || line_.find('\r') != std::string::npos) {
        state_ = State::malformed;
        return;
    }
    if (chunk_left_ > limit_ - body_bytes_) {
        state_ = State::too_large;
        return;
    }
    body_bytes_ += static_cast<std::size_t>(chunk_left_);
    state_ = chunk_left_ == 0 ? State::trailer : State::data;
}

}  // namespace rill::http
