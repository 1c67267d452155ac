// rill-camera as a child process, told what to do over its standard input.
#pragma once

#include <rill/ref.hpp>

#include <gio/gio.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace rill::test {

class CameraProcess {
  public:
    /// The binary of this build, or the one that RILL_CAMERA names; "" when there is none.
    static std::string binary() {
        if (const char* named = std::getenv("RILL_CAMERA")) return named;
        const char* build = std::getenv("RILL_BUILD_DIR");
        const std::string path = std::string(build != nullptr ? build : ".") + "/apps/camera/rill-camera";
        return std::filesystem::exists(path) ? path : "";
    }

    /// Starts it on a free port and waits until it listens.
    explicit CameraProcess(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {binary(), "--port=0", "--control=stdin", "--exit-with-parent"});
        std::vector<const char*> argv;
        argv.reserve(arguments.size() + 1);
        for (const auto& argument : arguments)
            argv.push_back(argument.c_str());
        argv.push_back(nullptr);
        const auto launcher = Ref<GSubprocessLauncher>::adopt(g_subprocess_launcher_new(
            static_cast<GSubprocessFlags>(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE)));
        g_subprocess_launcher_setenv(launcher.get(), "G_DEBUG", "fatal-criticals", TRUE);
        process_ =
            Ref<GSubprocess>::adopt(g_subprocess_launcher_spawnv(launcher.get(), argv.data(), nullptr));
        if (!process_) return;
        output_ = Ref<GDataInputStream>::adopt(
            g_data_input_stream_new(g_subprocess_get_stdout_pipe(process_.get())));
        for (;;) {
            const std::string line = read_line();
            if (line.empty()) return;
            if (line.starts_with("rill-camera: certificate sha256 ")) fingerprint_ = line.substr(32);
            if (!line.starts_with("rill-camera: ready ")) continue;
            url_ = line.substr(19);
            url_ = url_.substr(0, url_.find(' '));
            return;
        }
    }
    ~CameraProcess() {
        if (!process_) return;
        g_subprocess_force_exit(process_.get());
        g_subprocess_wait(process_.get(), nullptr, nullptr);
    }
    CameraProcess(const CameraProcess&) = delete;
    CameraProcess& operator=(const CameraProcess&) = delete;

    /// Of the first camera; "" when the process did not start.
    const std::string& url() const { return url_; }
    /// "rtsp://user:password@127.0.0.1:1234/cam1".
    std::string url_with(const std::string& credentials) const {
        const std::size_t host = url_.find("://") + 3;
        return url_.substr(0, host) + credentials + "@" + url_.substr(host);
    }
    const std::string& fingerprint() const { return fingerprint_; }

    /// Sends one command; the answer is "ok", JSON, or "error …".
    std::string tell(const std::string& command) {
        GOutputStream* input = g_subprocess_get_stdin_pipe(process_.get());
        const std::string line = command + "\n";
        g_output_stream_write_all(input, line.data(), line.size(), nullptr, nullptr, nullptr);
        g_output_stream_flush(input, nullptr, nullptr);
        return read_line();
    }

  private:
    std::string read_line() {
        const Owned<char> line(g_data_input_stream_read_line(output_.get(), nullptr, nullptr, nullptr));
        return line ? line.get() : "";
    }

    Ref<GSubprocess> process_;
    Ref<GDataInputStream> output_;
    std::string url_;
    std::string fingerprint_;
};

}  // namespace rill::test
