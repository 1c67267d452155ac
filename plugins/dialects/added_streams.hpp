// The streams that one of these APIs has added.
#pragma once

#include <rill/configuration.hpp>
#include <rill/hub.hpp>
#include <rill/json.hpp>
#include <rill/result.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace rill::dialects {

/// So many of one API; whoever may add streams could fill the memory otherwise.
inline constexpr std::size_t most_streams = 10'000;

/// Each is a path of its name in the configuration, which is there until it is taken out. What the operator
/// configured is another's: it is neither changed nor taken out here.
///
/// Threading: the main thread.
template <class Details>
class AddedStreams {
  public:
    using Table = std::map<std::string, Details>;
    AddedStreams(ControllerHost& host, std::shared_ptr<Table> table)
        : host_(host), table_(std::move(table)), streams_(*table_) {}

    /// Null: it was not added here, or somebody else took it out.
    Details* find(const std::string& name) {
        const auto found = streams_.find(name);
        if (found == streams_.end()) return nullptr;
        if (host_.hub().status(name)) return &found->second;
        streams_.erase(found);
        return nullptr;
    }
    /// `values` as in the YAML. Errors: conflict when there is a path of the name, too_many, those of
    /// Configuration::add_path().
    Result<Details*> add(const std::string& name, const Json& values, Details details) {
        if (streams_.size() >= most_streams)
            return Error{Code::too_many, fmt::format("there are {} streams already", most_streams)};
        if (host_.hub().status(name)) return is_not_ours(name);
        if (auto added = host_.configuration().add_path(name, values); !added) return added.error();
        return &streams_.insert_or_assign(name, std::move(details)).first->second;
    }
    /// Errors: not_found, conflict when it was not added here, those of Configuration::remove_path().
    Result<> remove(const std::string& name) {
        if (find(name) == nullptr) {
            if (host_.hub().status(name)) return is_not_ours(name);
            return Error{Code::not_found, fmt::format("there is no stream '{}'", name)};
        }
        if (auto removed = host_.configuration().remove_path(name); !removed) return removed;
        streams_.erase(name);
        return ok();
    }
    const Table& all() const { return streams_; }

  private:
    static Error is_not_ours(const std::string& name) {
        return {
            Code::conflict,
            fmt::format("the stream '{}' is there, and was not added by this API; change the configuration",
                        name)};
    }

    ControllerHost& host_;
    const std::shared_ptr<Table> table_;
    Table& streams_;
};

}  // namespace rill::dialects
