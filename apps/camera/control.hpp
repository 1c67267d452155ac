// Where commands come from: lines on standard input, or on connections to a loopback TCP port. One line in,
// one line out.
#pragma once

#include "handles.hpp"

#include <rill/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace rill::camera {

/// Gives its answer at once or later, on the main thread, exactly once.
using Execute = std::function<void(std::string_view line, std::function<void(std::string)> answer)>;

/// Threading: the main thread.
class Control {
  public:
    explicit Control(Execute execute) : execute_(std::move(execute)) {}
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control();

    /// Answers go to standard output.
    void listen_on_stdin();
    /// On 127.0.0.1; 0 is any free port. Returns the port.
    Result<int> listen_on_port(int port);

  private:
    class Line;
    static gboolean incoming(GSocketService*, GSocketConnection*, GObject*, gpointer self);

    Execute execute_;
    Ref<GSocketService> service_;
    Ref<GCancellable> cancel_ = Ref<GCancellable>::adopt(g_cancellable_new());
};

}  // namespace rill::camera
