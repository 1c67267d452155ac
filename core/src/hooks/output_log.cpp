#include "output_log.hpp"

#include <algorithm>

namespace rill::hooks {

void OutputLog::line(std::string_view text) {
    const auto now = clock_.now();
    if (now >= interval_end_) {
        end();
        interval_end_ = now + interval;
        logged_ = 0;
    }
    if (logged_ == lines) {
        ++left_out_;
        return;
    }
    ++logged_;
    log_.info("{}", text);
}

void OutputLog::end() {
    if (left_out_ > 0)
        log_.warning("{} lines left out: a command may log {} in {} s", left_out_, lines, interval.count());
    left_out_ = 0;
}

void LineCutter::take(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = std::min(bytes.find_first_of("\r\n"), bytes.size());
        const std::size_t fitting = std::min(length, line_bytes - line_.size());
        line_ += bytes.substr(0, fitting);
        cut_ = cut_ || fitting < length;
        if (length == bytes.size()) return;
        end();
        bytes.remove_prefix(length + 1);
    }
}

void LineCutter::end() {
    if (line_.empty()) return;
    if (cut_) line_ += "…";
    log_.line(line_);
    line_.clear();
    cut_ = false;
}

}  // namespace rill::hooks
