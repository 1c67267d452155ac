// Reads a pipe on a loop.
#pragma once

#include <rill/fd.hpp>
#include <rill/loop.hpp>

#include <functional>
#include <string_view>

namespace rill::hooks {

/// Takes at most about 1 MB/s: a command that floods its output waits for us, not the loop for it.
///
/// Threading: the loop's thread.
class PipeReader {
  public:
    /// `pipe` must not block. `take` must not destroy the reader.
    PipeReader(Loop& loop, Fd pipe, std::function<void(std::string_view)> take);
    PipeReader(const PipeReader&) = delete;
    PipeReader& operator=(const PipeReader&) = delete;
    ~PipeReader() { unwatch(); }

    /// Takes what is in the pipe now.
    void drain();

  private:
    enum class Found { nothing_more, more, end };
    Found read_some();
    void watch();
    void unwatch();
    void readable();

    Loop& loop_;
    Fd pipe_;
    std::function<void(std::string_view)> take_;
    Ref<GSource> watch_;
    Timer pause_;
};

}  // namespace rill::hooks
