#include "live_configuration.hpp"

#include "config/shown.hpp"
#include "util/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace rill {
namespace {

using config::Secrets;

constexpr std::string_view persist_key = "apiPersist";
/// So many problems fit into an answer.
constexpr std::size_t told_problems = 5;

/// "rill.yml" → "rill.api.yml".
std::string overlay_file_of(const std::string& file) {
    const std::filesystem::path path(file);
    return path.parent_path() / (path.stem().string() + ".api" + path.extension().string());
}

void tell_changes(const Log& log, const Daemon::Changes& changes) {
    log.info("the configuration is in force; paths: {} changed, {} added, {} removed", changes.changed.size(),
             changes.added.size(), changes.removed.size());
    if (!changes.hooks.empty()) log.info("paths of which only the hooks changed: {}", changes.hooks.size());
    if (!changes.controllers.empty())
        log.info("begun again or switched off: {}", fmt::join(changes.controllers, ", "));
}

Error refusal(const std::vector<config::Problem>& problems) {
    std::vector<std::string> told;
    for (std::size_t at = 0; at < std::min(told_problems, problems.size()); ++at)
        told.push_back(problems[at].text());
    if (problems.size() > told_problems)
        told.push_back(fmt::format("and {} more problems", problems.size() - told_problems));
    return {Code::invalid_config, fmt::format("{}", fmt::join(told, "; "))};
}

/// Of a text that only we have seen: its file need not be there, and its lines say nothing to a client.
std::vector<config::Problem> without_places(std::vector<config::Problem> problems) {
    for (config::Problem& problem : problems) {
        problem.file.clear();
        problem.line = problem.column = 0;
    }
    return problems;
}

Error unknown(const std::string& path) {
    return {Code::not_found, fmt::format("path '{}' is not configured", path)};
}

/// What a client sent, with the secrets in it that it could not read. `show` gives what it could.
template <class Show>
Result<Json> complete(const Json& sent, Show show) {
    return config::with_secrets(sent, show(Secrets::masked), show(Secrets::plain));
}

}  // namespace

LiveConfiguration::LiveConfiguration(Given given, const Registry& registry)
    : given_(std::move(given)), registry_(registry), overlay_file_(overlay_file_of(given_.file)) {}

// From the file
// -----------------------------------------------------------------------------------------------------------

config::Loaded LiveConfiguration::load() {
    identity_ = identity_of(given_.file);
    Candidate first = read();
    file_ = std::move(first.file);
    overlay_ = std::move(first.overlay);
    keeps_changes_ = first.keeps_changes;
    return std::move(first.loaded);
}

void LiveConfiguration::follow(Daemon& daemon, Loop& loop) {
    daemon_ = &daemon;
    watched_.emplace(given_.file, identity_, loop, [this] { reload("file changed"); });
}

void LiveConfiguration::stop() {
    stopped_ = true;
    watched_.reset();
}

void LiveConfiguration::reload(std::string_view why) {
    if (stopped_) return;
    log_.info("reloading configuration ({})", why);
    Candidate candidate = read();
    const ProblemList problems =
        candidate.loaded ? put_in_force(std::move(candidate)) : std::move(candidate.loaded.problems);
    for (const auto& problem : problems)
        log_.error("{}", problem.text());
    if (problems.empty()) return;
    // Also then: the file may have been moved away, to begin a new one.
    open_log();
    log_.error("the configuration has problems and was not loaded; the one before stays in force");
}

void LiveConfiguration::open_log() {
    const auto [level, structured, destinations] = config::logging_of(daemon_->config());
    if (auto logging = configure_logging(level, structured, destinations); !logging)
        log_.error("{}; the log stays where it was", logging.error().message);
}

LiveConfiguration::Candidate LiveConfiguration::read() const {
    config::Problems problems;
    const auto text = config::read_text_file(given_.file, problems);
    auto root = text ? config::parse_yaml(*text, given_.file, problems) : std::nullopt;
    if (!root) return {{}, {}, {config::Config::defaults(registry_), problems.take()}};
    const bool keeps = config::keeps_api_changes(*root, given_.environment, registry_);
    config::Overlay overlay = keeps ? kept_overlay(problems) : overlay_;
    Candidate candidate = combine(*std::move(root), std::move(overlay), std::move(problems));
    for (config::Problem& problem : candidate.loaded.problems) {
        if (problem.line == config::api_line && keeps) problem.file = overlay_file_;
    }
    candidate.keeps_changes = keeps;
    return candidate;
}

/// What was kept; where nothing was yet, what was changed so far.
config::Overlay LiveConfiguration::kept_overlay(config::Problems& problems) const {
    std::error_code ignored;
    if (!std::filesystem::exists(overlay_file_, ignored))
        return keeps_changes_ ? config::Overlay() : overlay_;
    const auto text = config::read_text_file(overlay_file_, problems);
    if (!text) return overlay_;
    return config::Overlay::parse(*text, overlay_file_, problems).value_or(overlay_);
}

LiveConfiguration::Candidate LiveConfiguration::combine(config::Node file, config::Overlay overlay,
                                                        config::Problems problems) const {
    config::Node root = file;
    overlay.apply(root);
    config::Loaded loaded =
        config::load(std::move(root), given_.file, registry_, given_.environment, std::move(problems));
    if (given_.strict)
        loaded.problems.insert(loaded.problems.end(), loaded.warnings.begin(), loaded.warnings.end());
    return {std::move(file), std::move(overlay), std::move(loaded)};
}

LiveConfiguration::ProblemList LiveConfiguration::put_in_force(Candidate candidate) {
    auto reloaded = daemon_->reconfigure(std::move(candidate.loaded.config), given_.file);
    if (!reloaded.problems.empty()) return std::move(reloaded.problems);
    open_log();
    for (const auto& warning : candidate.loaded.warnings)
        log_.warning("{}", warning.text());
    tell_changes(log_, reloaded.changes);
    if (reloaded.changes.addresses) daemon_->tell_addresses();
    file_ = std::move(candidate.file);
    overlay_ = std::move(candidate.overlay);
    keeps_changes_ = candidate.keeps_changes;
    return {};
}

// Through the API
// ---------------------------------------------------------------------------------------------------------

Result<> LiveConfiguration::change(config::Overlay overlay) {
    if (stopped_) return Error{Code::unavailable, "the server is shutting down"};
    log_.info("reloading configuration (API request)");
    Result<> changed = take_on(std::move(overlay));
    if (!changed) log_.warning("the API request failed: {}", changed.error().message);
    return changed;
}

Result<> LiveConfiguration::take_on(config::Overlay overlay) {
    const std::string text = overlay.to_yaml();
    config::Problems problems;
    // What could not be read again is not taken on.
    if (!config::Overlay::parse(text, overlay_file_, problems))
        return refusal(without_places(problems.take()));
    Candidate candidate = combine(file_, std::move(overlay), {});
    candidate.keeps_changes = keeps_changes_;
    if (!candidate.loaded) return refusal(candidate.loaded.problems);
    std::optional<AtomicFile> kept;
    if (keeps_changes_) {
        auto written = AtomicFile::write(overlay_file_, text);
        if (!written) return written.error();
        kept.emplace(std::move(*written));
    }
    const ProblemList refused = put_in_force(std::move(candidate));
    if (!refused.empty()) return refusal(refused);
    return kept ? kept->put_in_place() : ok();
}

const config::PathConfig* LiveConfiguration::find(const std::string& path) const {
    return daemon_->config().find(path);
}

/// A path that only the environment has is there whatever is changed here.
Result<> LiveConfiguration::must_be_in_file(const std::string& path) const {
    config::Node root = file_;
    overlay_.apply(root);
    const config::Entry* const paths = config::find(root, "paths");
    if (paths != nullptr && config::find(paths->value, path) != nullptr) return ok();
    return Error{Code::conflict, fmt::format("path '{}' is set by the environment ({}_…); change it there",
                                             path, config::environment_name("paths." + path))};
}

Json LiveConfiguration::global() const {
    return config::shown_global(daemon_->config(), Secrets::masked);
}

Json LiveConfiguration::path_defaults() const {
    return config::shown_path_defaults(daemon_->config(), Secrets::masked);
}

std::vector<std::string> LiveConfiguration::path_names() const {
    return daemon_->config().path_keys();
}

Result<Json> LiveConfiguration::path(const std::string& name) const {
    const config::PathConfig* const found = find(name);
    if (found == nullptr) return unknown(name);
    return config::shown_path(*found, Secrets::masked);
}

Result<> LiveConfiguration::patch_global(const Json& values) {
    const auto show = [this](Secrets secrets) { return config::shown_global(daemon_->config(), secrets); };
    const auto plain = complete(values, show);
    if (!plain) return plain.error();
    Json patch = Json::object();
    for (const auto& [key, value] : plain->members()) {
        if (config::has_own_part(key))
            return Error{Code::invalid_config, fmt::format("{}: has requests of its own", key)};
        if (key == persist_key && value != Json(keeps_changes_))
            return Error{Code::invalid_config, fmt::format("{}: can be set only in the file", key)};
        if (key != persist_key) patch.set(key, value);
    }
    config::Overlay next = overlay_;
    next.patch_global(patch);
    return change(std::move(next));
}

Result<> LiveConfiguration::patch_path_defaults(const Json& values) {
    const auto show = [this](Secrets secrets) {
        return config::shown_path_defaults(daemon_->config(), secrets);
    };
    const auto plain = complete(values, show);
    if (!plain) return plain.error();
    config::Overlay next = overlay_;
    next.patch_path_defaults(*plain);
    return change(std::move(next));
}

Result<> LiveConfiguration::patch_path(const std::string& name, const Json& values) {
    const config::PathConfig* const found = find(name);
    if (found == nullptr) return unknown(name);
    if (auto there = must_be_in_file(name); !there) return there;
    const auto plain =
        complete(values, [found](Secrets secrets) { return config::shown_path(*found, secrets); });
    if (!plain) return plain.error();
    config::Overlay next = overlay_;
    next.patch_path(name, *plain);
    return change(std::move(next));
}

Result<> LiveConfiguration::add_path(const std::string& name, const Json& values) {
    if (find(name) == nullptr) return replace_path(name, values);
    return Error{Code::conflict, fmt::format("path '{}' exists; patch or replace it", name)};
}

Result<> LiveConfiguration::replace_path(const std::string& name, const Json& values) {
    const config::PathConfig* const found = find(name);
    const auto plain = complete(values, [this, found](Secrets secrets) {
        return found == nullptr ? config::shown_path_defaults(daemon_->config(), secrets)
                                : config::shown_path(*found, secrets);
    });
    if (!plain) return plain.error();
    config::Overlay next = overlay_;
    next.put_path(name, *plain);
    return change(std::move(next));
}

Result<> LiveConfiguration::remove_path(const std::string& name) {
    if (find(name) == nullptr) return unknown(name);
    if (auto there = must_be_in_file(name); !there) return there;
    config::Overlay next = overlay_;
    next.remove_path(name);
    return change(std::move(next));
}

}  // namespace rill
