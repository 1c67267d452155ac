#include "desk.hpp"

#include <rill/clock.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace rill::preview {

/// Where the archive's thread leaves what it read. Shared with its callbacks, which may outlive the desk: a
/// reference to the desk itself could be the last one there, and the desk would end on the archive's thread.
struct Desk::Inlet {
    std::mutex mutex;
    Loop* loop = nullptr;  // locked: mutex. Null when the desk is gone

    void post(std::function<void()> work) {
        const std::lock_guard lock(mutex);
        if (loop != nullptr) loop->post(std::move(work));
    }
    void close() {
        const std::lock_guard lock(mutex);
        loop = nullptr;
    }
};

namespace {

Picture to_picture(const Ref<GBytes>& jpeg, const Keyframe& keyframe, int width) {
    return {jpeg, keyframe.utc_us,
            fmt::format("\"{:x}-{:x}-{:x}-{}\"", keyframe.utc_us, keyframe.offset, keyframe.bytes, width)};
}

Outcome failure(Code code, std::string message) {
    return {Error{code, std::move(message)}, false, {}};
}

Outcome disk_is_late() {
    return failure(Code::timeout, "the disk does not give the recorded picture; ask again");
}

}  // namespace

Desk::Desk(Archive& archive, std::uint64_t cache_bytes, MakerFactory factory,
           std::chrono::milliseconds disk_patience)
    : archive_(archive),
      factory_(std::move(factory)),
      disk_patience_(disk_patience),
      inlet_(std::make_shared<Inlet>()),
      cache_(cache_bytes) {
    inlet_->loop = &loop_;
}

Desk::~Desk() {
    inlet_->close();
    loop_.post([this] { close(); });
}

void Desk::ask(Ask ask) {
    auto request = std::make_shared<Request>();
    request->ask = std::move(ask);
    loop_.post([this, request = std::move(request)] { admit(request); });
}

void Desk::admit(const RequestPtr& request) {
    make_room();
    open_.push_back(request);
    request->deadline = loop_.after(disk_patience_, [this, request] { finish(request, disk_is_late()); });
    look(request);
}

void Desk::make_room() {
    forget_gone();
    if (open_.size() < most_waiting) return;
    const auto oldest =
        std::ranges::find_if(open_, [this](const RequestPtr& each) { return !is_in_hand(*each); });
    if (oldest == open_.end()) return;
    const RequestPtr leaving = *oldest;
    finish(leaving, failure(Code::unavailable, "newer requests for pictures took its place; ask again"));
}

/// They are finished like others, so that the archive's queue keeps nothing of theirs.
void Desk::forget_gone() {
    const std::vector<RequestPtr> waiting = open_;
    for (const RequestPtr& request : waiting) {
        if (*request->ask.gone && !is_in_hand(*request)) finish(request, failure(Code::unavailable, "gone"));
    }
}

void Desk::look(const RequestPtr& request) {
    const Wanted& wanted = request->ask.wanted;
    archive_.read(wanted.path, [this, inlet = inlet_, request](ArchiveView& view) {
        if (request->over || *request->ask.gone) return;
        const Wanted& wanted = request->ask.wanted;
        auto finding = find_keyframe(view, wanted.path, wanted.time_us, utc_now_us());
        inlet->post([this, request, finding = std::move(finding)] { found(request, finding); });
    });
}

void Desk::found(const RequestPtr& request, Finding finding) {
    if (request->over) return;
    request->deadline.cancel();
    if (!finding.keyframe)
        return finish(request, {finding.keyframe.error(), finding.final, finding.neighbours});
    const int width = request->ask.wanted.width;
    request->key = fmt::format("{}#{}", finding.keyframe->id(), width);
    request->final = finding.final;
    if (auto picture = cache_.find(request->key))
        return finish(request, {*std::move(picture), finding.final, {}});
    request->keyframe = *std::move(finding.keyframe);
    next();
}

void Desk::next() {
    if (in_hand_) return;
    forget_gone();
    const auto newest = std::ranges::find_if(
        open_.rbegin(), open_.rend(), [](const RequestPtr& each) { return each->keyframe.has_value(); });
    if (newest == open_.rend()) {
        idle_ = loop_.after(rest_after, [this] {
            if (maker_) maker_->rest();
        });
        return;
    }
    idle_.cancel();
    in_hand_ = *newest;
    load(in_hand_);
}

void Desk::load(const RequestPtr& request) {
    deadline_ = loop_.after(disk_patience_, [this] { complete(disk_is_late().picture.error()); });
    archive_.read(request->ask.wanted.path, [this, inlet = inlet_, request](ArchiveView&) {
        // A disk that hung does not read now, one after the other, what was given up meanwhile.
        if (request->over) return;
        auto unit = read_keyframe(*request->keyframe);
        inlet->post([this, request, unit = std::move(unit)] { loaded(request, unit); });
    });
}

void Desk::loaded(const RequestPtr& request, Result<Ref<GBytes>> unit) {
    if (request != in_hand_) return;
    deadline_.cancel();
    if (!unit) return complete(unit);
    if (!maker_) maker_ = factory_(loop_);
    maker_->decode({in_hand_->keyframe->format, *std::move(unit), in_hand_->ask.wanted.width},
                   [this](const Result<Ref<GBytes>>& jpeg) { complete(jpeg); });
}

void Desk::complete(const Result<Ref<GBytes>>& jpeg) {
    deadline_.cancel();
    const RequestPtr made = std::exchange(in_hand_, nullptr);
    made->over = true;
    Result<Picture> picture =
        jpeg ? Result<Picture>(to_picture(*jpeg, *made->keyframe, made->ask.wanted.width)) : jpeg.error();
    if (picture) cache_.put(made->key, *picture);
    const std::vector<RequestPtr> waiting = open_;
    for (const RequestPtr& request : waiting) {
        if (request->key == made->key) finish(request, {picture, request->final, {}});
    }
    next();
}

void Desk::finish(const RequestPtr& request, Outcome outcome) {
    std::erase(open_, request);
    request->over = true;
    request->deadline.cancel();
    // What the archive has queued may hold the request for as long as its disk hangs, but not the client.
    const auto done = std::exchange(request->ask.done, nullptr);
    if (!*request->ask.gone) done(std::move(outcome));
}

void Desk::close() {
    maker_.reset();
    deadline_.cancel();
    idle_.cancel();
    if (in_hand_) in_hand_->over = true;
    in_hand_.reset();
    const std::vector<RequestPtr> waiting = std::exchange(open_, {});
    for (const RequestPtr& request : waiting)
        finish(request, failure(Code::unavailable, "the server stops; ask again"));
}

bool Desk::is_in_hand(const Request& request) const {
    return in_hand_ && request.key == in_hand_->key;
}

}  // namespace rill::preview
