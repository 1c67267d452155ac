#include <rill/http_body.hpp>

namespace rill::http {
namespace {

constexpr int disposal_threads = 8;

void destroy(gpointer source, gpointer) {
    std::unique_ptr<BodySource>(static_cast<BodySource*>(source));
}

/// Closing a file on a disk that does not answer takes as long as it takes; nobody who serves waits for it.
void dispose(BodySource* source) {
    // Never freed: at exit, a thread of the pool may still be on its way out of destroy().
    static GThreadPool* const pool = g_thread_pool_new(destroy, nullptr, disposal_threads, FALSE, nullptr);
    if (source != nullptr) g_thread_pool_push(pool, source, nullptr);
}

}  // namespace

StreamedBody::StreamedBody(std::unique_ptr<BodySource> source)
    : source_(source.release(), dispose), size_(source_->size()) {}

StreamedBody StreamedBody::part(std::uint64_t first, std::uint64_t count) const {
    StreamedBody result = *this;
    result.first_ += first;
    result.size_ = count;
    return result;
}

void StreamedBody::read(std::uint64_t offset, std::size_t at_most, BodySource::Done done) const {
    source_->read(first_ + offset, at_most, std::move(done));
}

}  // namespace rill::http
