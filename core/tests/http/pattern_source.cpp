#include "pattern_source.hpp"

#include <cstring>

namespace rill::http::test {
namespace {

struct Produced {
    std::shared_ptr<SourceControl> control;
    std::string bytes;
};

Ref<GBytes> produce(const std::shared_ptr<SourceControl>& control, std::uint64_t offset, std::size_t count) {
    auto owner = std::make_unique<Produced>(Produced{control, pattern(offset, count)});
    control->produced += count;
    const std::size_t held = control->held += count;
    std::size_t most = control->most_held;
    while (most < held && !control->most_held.compare_exchange_weak(most, held)) {
    }
    Produced* const kept = owner.release();
    return Ref<GBytes>::adopt(g_bytes_new_with_free_func(
        kept->bytes.data(), kept->bytes.size(),
        [](gpointer data) {
            const std::unique_ptr<Produced> freed(static_cast<Produced*>(data));
            freed->control->held -= freed->bytes.size();
        },
        kept));
}

}  // namespace

std::string pattern(std::uint64_t offset, std::size_t count) {
    const std::uint64_t first = offset / 8;
    std::vector<std::uint64_t> words(count / 8 + 2);
    for (std::size_t index = 0; index < words.size(); ++index)
        words[index] = (first + index) * 0x9e3779b97f4a7c15;  // no two neighbouring bytes follow a rule
    std::string result(count, '\0');
    std::memcpy(result.data(), reinterpret_cast<const char*>(words.data()) + offset % 8, count);
    return result;
}

void SourceControl::resume() {
    std::function<void()> work;
    {
        const std::lock_guard lock(mutex);
        parks_at = never;
        work.swap(parked);
    }
    if (work) work();
}

void SourceControl::drop() {
    std::function<void()> dropped;
    const std::lock_guard lock(mutex);
    dropped.swap(parked);
}

bool SourceControl::is_parked() {
    const std::lock_guard lock(mutex);
    return static_cast<bool>(parked);
}

PatternSource::PatternSource(std::shared_ptr<SourceControl> control) : control_(std::move(control)) {
    ++control_->alive;
}

PatternSource::~PatternSource() {
    if (thread_.joinable()) thread_.join();
    control_->destroyed_on = std::this_thread::get_id();
    --control_->alive;
}

std::optional<std::uint64_t> PatternSource::size() const {
    return control_->says_size ? std::optional(control_->size) : std::nullopt;
}

void PatternSource::read(std::uint64_t offset, std::size_t at_most, Done done) {
    ++control_->reads;
    if (reading_.exchange(true)) control_->overlapped = true;
    auto answer = [this, offset, at_most, done = std::move(done)] {
        reading_ = false;
        const auto left = control_->size - std::min(offset, control_->size);
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(at_most, left));
        if (offset + count > control_->fails_at) return done(Error{Code::unavailable, "the disk is on fire"});
        if (count == 0) return done(Piece{});
        // In two, as a file that is mapped piecewise would.
        Piece piece{produce(control_, offset, count / 2),
                    produce(control_, offset + count / 2, count - count / 2)};
        done(std::move(piece));
    };
    {
        const std::lock_guard lock(control_->mutex);
        if (offset >= control_->parks_at) {
            control_->parked = std::move(answer);
            return;
        }
    }
    if (!control_->on_a_thread) return answer();
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread(std::move(answer));
}

}  // namespace rill::http::test
