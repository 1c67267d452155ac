#include "local_socket.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>

namespace rill::frames {

namespace {

constexpr mode_t for_the_group = 0660;

Error refused(Code code, const std::string& path, const std::string& why) {
    return {code, fmt::format("socket '{}': {}", path, why)};
}

Error failed(const std::string& path, const char* what) {
    return refused(Code::internal, path, fmt::format("{}: {}", what, std::strerror(errno)));
}

Fd make_socket() {
    return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

const sockaddr* general(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes what a process left behind that did not end well.
Result<> make_room(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return ok();
    if (!S_ISSOCK(found.st_mode)) return refused(Code::conflict, path, "there is a file that is no socket");
    const Fd probe = make_socket();
    if (!probe) return failed(path, "no socket can be made");
    if (::connect(probe.get(), general(address), sizeof address) == 0 || errno != ECONNREFUSED)
        return refused(Code::conflict, path, "somebody else uses it; each path needs one of its own (%path)");
    if (::unlink(path.c_str()) != 0) return failed(path, "a stale one cannot be removed");
    return ok();
}

}  // namespace

Result<std::unique_ptr<LocalSocket>> LocalSocket::listen(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path || path.find('\0') != std::string::npos)
        return refused(Code::invalid_config, path,
                       fmt::format("longer than {} bytes", sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.c_str(), path.size());
    std::error_code ignored;  // bind() says what is wrong
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    if (const auto room = make_room(path, address); !room) return room.error();
    Fd fd = make_socket();
    // The mode of the socket is that of the file, less the umask: at no moment too much.
    if (!fd || ::fchmod(fd.get(), for_the_group) != 0 ||
        ::bind(fd.get(), general(address), sizeof address) != 0)
        return failed(path, "cannot be made");
    std::unique_ptr<LocalSocket> made(new LocalSocket(path, std::move(fd)));
    if (::chmod(path.c_str(), for_the_group) != 0 || ::listen(made->get(), SOMAXCONN) != 0)
        return failed(path, "cannot be listened to");
    return made;
}

LocalSocket::~LocalSocket() {
    ::unlink(path_.c_str());
}

Fd LocalSocket::accept() {
    return Fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace rill::frames
