// Opens WHEP sessions one after the other, and watches without decoding until its input ends.
//
//   whep-viewers URL COUNT          keeps all of them: 50 viewers of one camera
//   whep-viewers --single URL COUNT ends each before the next: how long one takes to begin
//
// Prints a line of JSON for each session as it gets its first packet, then {"ready":…}; for each line of
// input, and at its end, the packets of all sessions so far.
#include "viewer.hpp"

#include <fmt/format.h>
#include <glib-unix.h>

#include <cstdio>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace rill::bench {

namespace {

constexpr std::chrono::seconds patience{20};

double milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

class Viewers {
  public:
    Viewers(Loop& loop, std::string url, std::size_t count, bool single)
        : loop_(loop),
          http_(Ref<SoupSession>::adopt(soup_session_new())),
          url_(std::move(url)),
          count_(count),
          single_(single) {}

    void open_next() {
        if (opened_ == count_) {
            print("{\"ready\":true}\n");
            return;
        }
        ++opened_;
        viewers_.push_back(std::make_unique<Viewer>(
            loop_, http_, url_,
            ViewerEvents{[this] { begun(); }, [](const std::string& reason) { fail(reason); }}));
        deadline_ = loop_.after(patience, [] { fail("no packet came"); });
        viewers_.back()->start();
    }

    void report() const {
        std::uint64_t received = 0;
        std::uint64_t lost = 0;
        for (const auto& viewer : viewers_) {
            received += viewer->packets_received();
            lost += viewer->packets_lost();
        }
        print(
            fmt::format("{{\"viewers\":{},\"received\":{},\"lost\":{}}}\n", viewers_.size(), received, lost));
    }

  private:
    void begun() {
        deadline_.cancel();
        const Viewer& viewer = *viewers_.back();
        print(fmt::format("{{\"answer_ms\":{:.1f},\"first_packet_ms\":{:.1f}}}\n",
                          milliseconds(viewer.time_to_answer()),
                          milliseconds(viewer.time_to_first_packet())));
        // Not here: the viewer is the caller.
        loop_.post([this] {
            if (single_) viewers_.clear();
            open_next();
        });
    }

    [[noreturn]] static void fail(const std::string& reason) {
        fmt::print(stderr, "whep-viewers: {}\n", reason);
        std::exit(1);
    }

    static void print(const std::string& line) {
        fmt::print("{}", line);
        std::fflush(stdout);
    }

    Loop& loop_;
    const Ref<SoupSession> http_;
    const std::string url_;
    const std::size_t count_;
    const bool single_;
    std::size_t opened_ = 0;
    Timer deadline_;
    std::vector<std::unique_ptr<Viewer>> viewers_;
};

struct Input {
    Viewers& viewers;
    GMainLoop* main_loop;
};

gboolean on_input(gint descriptor, GIOCondition, gpointer data) {
    const auto* input = static_cast<Input*>(data);
    char bytes[64];
    const ssize_t count = read(descriptor, bytes, sizeof bytes);
    input->viewers.report();
    if (count > 0) return G_SOURCE_CONTINUE;
    g_main_loop_quit(input->main_loop);
    return G_SOURCE_REMOVE;
}

int run(int argc, char** argv) {
    const bool single = argc == 4 && std::string_view(argv[1]) == "--single";
    const int count = argc >= 3 ? std::atoi(argv[argc - 1]) : 0;
    if ((argc != 3 && !single) || count < 1) {
        fmt::print(stderr, "usage: whep-viewers [--single] URL COUNT\n");
        return 2;
    }
    gst_init(nullptr, nullptr);
    Loop loop(Ref<GMainContext>::retain(g_main_context_default()));
    const auto main_loop = Ref<GMainLoop>::adopt(g_main_loop_new(nullptr, FALSE));
    {
        Viewers viewers(loop, argv[argc - 2], static_cast<std::size_t>(count), single);
        Input input{viewers, main_loop.get()};
        g_unix_fd_add(STDIN_FILENO, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP), on_input, &input);
        loop.post([&viewers] { viewers.open_next(); });
        g_main_loop_run(main_loop.get());
    }
    return Pipeline::wait_for_disposals(patience) ? 0 : 1;
}

}  // namespace

}  // namespace rill::bench

int main(int argc, char** argv) {
    return rill::bench::run(argc, argv);
}
