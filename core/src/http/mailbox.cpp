#include "mailbox.hpp"

#include "guarded.hpp"

namespace rill::http {

Mailbox::Mailbox(GMainContext* context)
    : context_(Ref<GMainContext>::retain(context)),
      source_(std::make_unique<EventSource>(context, [this] { deliver(); })) {}

void Mailbox::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (!source_) return;
    if (letters_.empty()) source_->due_at(EventSource::now);
    letters_.push_back(std::move(work));
}

void Mailbox::run(std::function<void()> work) {
    if (g_main_context_is_owner(context_.get()) == FALSE) return post(std::move(work));
    {
        const std::lock_guard lock(mutex_);
        if (!source_) return;
    }
    work();
}

void Mailbox::close() {
    // Destroyed after the lock is released: what letters hold may post in its turn.
    std::unique_ptr<EventSource> source;
    Letters letters;
    const std::lock_guard lock(mutex_);
    source.swap(source_);
    letters.swap(letters_);
}

void Mailbox::deliver() {
    Letters letters;
    {
        const std::lock_guard lock(mutex_);
        source_->due_at(EventSource::never);
        letters.swap(letters_);
    }
    for (const auto& letter : letters)
        guarded("posted", letter);
}

}  // namespace rill::http
