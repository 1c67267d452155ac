#include "library.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace rill::slate {

namespace {

// Below the default of readTimeout: what is wrong with the encoder says more than that nothing came.
constexpr std::chrono::seconds usual_patience{8};

bool is_installed(const char* factory) {
    return static_cast<bool>(Ref<GstElementFactory>::adopt(gst_element_factory_find(factory)));
}

}  // namespace

Library::Library(Describe describe, std::chrono::milliseconds patience)
    : describe_(std::move(describe)), patience_(patience) {}

Library& Library::instance() {
    static auto& library =
        *std::make_unique<Library>([](const Spec& spec) { return describe_encoding(spec, is_installed); },
                                   usual_patience)
             .release();
    return library;
}

Result<ContentPtr> Library::get(const Spec& spec, const std::atomic<bool>& stopped) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped || !being_encoded_.contains(spec); });
    if (stopped) return ContentPtr();
    if (const auto kept = contents_.find(spec); kept != contents_.end()) return kept->second;
    being_encoded_.insert(spec);
    lock.unlock();
    auto made = encode(spec, stopped);
    lock.lock();
    being_encoded_.erase(spec);
    if (made && *made) contents_.emplace(spec, *made);
    changed_.notify_all();
    return made;
}

Result<ContentPtr> Library::encode(const Spec& spec, const std::atomic<bool>& stopped) {
    auto elements = describe_(spec);
    if (!elements) return elements.error();
    std::optional<Result<>> ended;  // locked: mutex_
    const Encoding encoding(std::move(*elements), [&](Result<> how) {
        const std::lock_guard lock(mutex_);
        ended = std::move(how);
        changed_.notify_all();
    });
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience_, [&] { return stopped || ended; });
        if (stopped) return ContentPtr();
        if (!ended)
            return Error{Code::timeout, fmt::format("source slate: encoding {} takes longer than {} ms",
                                                    to_string(spec.codec), patience_.count())};
        if (!*ended) return ended->error();
    }
    return encoding.content();
}

void Library::wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
}

}  // namespace rill::slate
