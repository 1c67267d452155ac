#include "spawn.hpp"

#include "util/escape.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>

namespace rill::hooks {
namespace {

struct Ends {
    Fd read, write;
};

/// Only our end does not block: a command must not see EAGAIN on its standard output.
Result<Ends> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return Error{Code::unavailable, fmt::format("no pipe for its output: {}", std::strerror(errno))};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Ends{Fd(ends[0]), Fd(ends[1])};
}

class FileActions {
  public:
    FileActions(int output, int errors) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
        // Not every library that opens descriptors in this process marks them close-on-exec.
        posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_;
};

class Attributes {
  public:
    Attributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }
    const posix_spawnattr_t* get() const { return &attributes_; }

  private:
    posix_spawnattr_t attributes_;
};

std::string_view advice(int error) {
    switch (error) {
        case ENOENT:
            return "; write its full path, or install it, or the interpreter that its first line names";
        case EACCES:
            return "; make it executable for the user that Rill runs as";
        case ENOEXEC:
            return "; a script has to start with #! and its interpreter, such as #!/bin/sh";
        case E2BIG:
            return "; its arguments are too long: let it read the variables from its environment";
        default:
            return "";
    }
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& text : texts)
        out.push_back(const_cast<char*>(text.c_str()));  // exec() writes into none of them
    out.push_back(nullptr);
    return out;
}

}  // namespace

Result<Spawned> spawn(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment) {
    auto output = make_pipe();
    if (!output) return output.error();
    auto errors = make_pipe();
    if (!errors) return errors.error();
    const FileActions actions(output->write.get(), errors->write.get());
    const Attributes attributes;
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, arguments.front().c_str(), actions.get(), attributes.get(),
                                     pointers(arguments).data(), pointers(environment).data());
    if (error != 0)
        return Error{Code::unavailable,
                     fmt::format("{} cannot be started: {}{}", in_quotes(arguments.front()),
                                 std::strerror(error), advice(error))};
    return Spawned{pid, std::move(output->read), std::move(errors->read)};
}

}  // namespace rill::hooks
