#include "status_hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rill::test {

void StatusHub::set(PathStatus status) {
    const std::string name = status.name;
    paths_[name] = std::make_shared<const PathStatus>(std::move(status));
}

std::vector<std::string> StatusHub::names() const {
    std::vector<std::string> names;
    for (const auto& [name, status] : paths_)
        names.push_back(name);
    return names;
}

std::shared_ptr<const PathStatus> StatusHub::status(const std::string& path) const {
    const auto found = paths_.find(path);
    return found == paths_.end() ? nullptr : found->second;
}

void StatusHub::open(const std::string& path, std::string_view, ReaderInfo, OpenIf,
                     std::function<void(Result<Opened>)> callback) {
    callback(Error{Code::not_found, fmt::format("path {} only has a status", path)});
}

void StatusHub::end_reader(const std::string& path, const std::string& id, const std::string&,
                           std::function<void(Result<>)> callback) {
    for (const auto& [name, status] : paths_) {
        if (!path.empty() && name != path) continue;
        if (std::ranges::none_of(status->readers,
                                 [&](const ReaderStatus& reader) { return reader.id == id; }))
            continue;
        ended.push_back(id);
        return callback(ok());
    }
    callback(Error{Code::not_found, fmt::format("no reader {}", id)});
}

void StatusHub::switch_on(const std::string& path, std::string_view sink, SwitchOn how,
                          std::function<void(Result<SinkStatus>)> callback) {
    orders.push_back({path, std::string(sink), how});
    callback(order_answer);
}

void StatusHub::switch_off(const std::string& path, std::string_view sink,
                           std::function<void(Result<SinkStatus>)> callback) {
    orders.push_back({path, std::string(sink), {}});
    callback(order_answer);
}

}  // namespace rill::test
