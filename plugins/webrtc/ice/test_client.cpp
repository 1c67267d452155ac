#include "test_client.hpp"

#include "await.hpp"
#include "catch.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <stun/usages/ice.h>
#include <sys/socket.h>

namespace rill::webrtc::ice::test {

namespace {

struct Stun {
    // Zero ends it.
    std::vector<std::uint16_t> known{STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                     STUN_ATTRIBUTE_ERROR_CODE,
                                     STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
                                     STUN_ATTRIBUTE_USERNAME,
                                     STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                                     STUN_ATTRIBUTE_PRIORITY,
                                     0};
    StunAgent agent{};
    StunMessage message{};
    Bytes buffer = Bytes(1024);

    Stun() {
        stun_agent_init(&agent, known.data(), STUN_COMPATIBILITY_RFC5389,
                        static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                         STUN_AGENT_USAGE_USE_FINGERPRINT));
    }

    Bytes request(const Client::Check& check) {
        const std::string username = check.ufrag + ":viewer";
        const auto* const name = reinterpret_cast<const std::uint8_t*>(username.data());
        const auto* const key = reinterpret_cast<const std::uint8_t*>(check.password.data());
        const std::size_t size = stun_usage_ice_conncheck_create(
            &agent, &message, buffer.data(), buffer.size(), name, username.size(), key, check.password.size(),
            check.use_candidate, check.controlling, 1, 2, nullptr, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
        REQUIRE(size > 0);
        return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
    }

    bool validate(StunMessage& read, const Bytes& check, std::string& password) {
        const auto with_password = [](StunAgent*, StunMessage*, std::uint8_t*, std::uint16_t,
                                      std::uint8_t** key, std::size_t* size, void* data) {
            auto* const given = static_cast<std::string*>(data);
            *key = reinterpret_cast<std::uint8_t*>(given->data());
            *size = given->size();
            return true;
        };
        return stun_agent_validate(&agent, &read, check.data(), check.size(), with_password, &password) ==
               STUN_VALIDATION_SUCCESS;
    }

    std::string read(const Bytes& answer) {
        StunMessage read;
        const auto valid = stun_agent_validate(&agent, &read, answer.data(), answer.size(), nullptr, nullptr);
        int code = 0;
        if (valid == STUN_VALIDATION_SUCCESS &&
            stun_message_find_error(&read, &code) == STUN_MESSAGE_RETURN_SUCCESS)
            return std::to_string(code);
        sockaddr_storage mapped{};
        socklen_t size = sizeof mapped;
        const bool is_good =
            valid == STUN_VALIDATION_SUCCESS &&
            stun_usage_ice_conncheck_process(&read, &mapped, &size, STUN_USAGE_ICE_COMPATIBILITY_RFC5245) ==
                STUN_USAGE_ICE_RETURN_SUCCESS;
        if (!is_good) return "broken";
        const Address address = mapped.ss_family == AF_INET6
                                    ? Address::of(reinterpret_cast<const sockaddr_in6&>(mapped))
                                    : Address::of(reinterpret_cast<const sockaddr_in&>(mapped));
        return fmt::format("{} {}", address.ip_text(), address.port);
    }
};

bool has_input(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(rill::test::patience().count() * 1000)) > 0;
}

Fd connected(int type, const Address& to) {
    Fd fd(::socket(AF_INET6, type | SOCK_CLOEXEC, 0));
    const sockaddr_in6 name = to.to_v6();
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    return fd;
}

Address address_of(int fd) {
    sockaddr_in6 name{};
    socklen_t size = sizeof name;
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    return Address::of(name);
}

}  // namespace

std::string Client::check(const Check& check) {
    Stun stun;
    send(stun.request(check));
    const auto answer = receive();
    return answer ? stun.read(*answer) : "nothing";
}

Bytes Client::request(const Check& check) {
    return Stun().request(check);
}

std::string read_check(const Bytes& check, std::string password) {
    Stun stun;
    StunMessage read;
    std::uint16_t size = 0;
    std::uint64_t tie_breaker = 0;
    if (!stun.validate(read, check, password)) return "broken";
    const bool is_controlled = stun_message_find64(&read, STUN_ATTRIBUTE_ICE_CONTROLLED, &tie_breaker) ==
                               STUN_MESSAGE_RETURN_SUCCESS;
    const auto* const name =
        static_cast<const char*>(stun_message_find(&read, STUN_ATTRIBUTE_USERNAME, &size));
    if (name == nullptr || stun_message_get_class(&read) != STUN_REQUEST ||
        stun_message_get_method(&read) != STUN_BINDING)
        return "broken";
    return fmt::format("{} {} {}", std::string_view(name, size), is_controlled ? "controlled" : "controlling",
                       stun_usage_ice_conncheck_priority(&read));
}

Bytes answer_to(const Bytes& check, std::string password, bool leads) {
    Stun stun;
    StunMessage read;
    REQUIRE(stun.validate(read, check, password));
    sockaddr_storage from{};
    from.ss_family = AF_INET;
    std::size_t size = stun.buffer.size();
    // The least tie-breaker: who does not lead either does not give way by it.
    const auto result = stun_usage_ice_conncheck_create_reply(
        &stun.agent, &read, &stun.message, stun.buffer.data(), &size, &from, sizeof(sockaddr_in), &leads, 0,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    REQUIRE(result == (leads ? STUN_USAGE_ICE_RETURN_SUCCESS : STUN_USAGE_ICE_RETURN_ROLE_CONFLICT));
    return {stun.buffer.begin(), stun.buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

UdpClient::UdpClient(const Address& to) : fd_(connected(SOCK_DGRAM, to)) {}

void UdpClient::send(const Bytes& packet) {
    static_cast<void>(::send(fd_.get(), packet.data(), packet.size(), 0));
}

std::optional<Bytes> UdpClient::receive() {
    Bytes packet(2048);
    if (!has_input(fd_.get())) return std::nullopt;
    const ssize_t size = ::recv(fd_.get(), packet.data(), packet.size(), 0);
    if (size < 0) return std::nullopt;
    packet.resize(static_cast<std::size_t>(size));
    return packet;
}

Address UdpClient::address() const {
    return address_of(fd_.get());
}

bool UdpClient::is_quiet() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 0;
}

TcpClient::TcpClient(const Address& to) : fd_(connected(SOCK_STREAM, to)) {}

void TcpClient::write(const Bytes& bytes) {
    static_cast<void>(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void TcpClient::send(const Bytes& packet) {
    Bytes frame{static_cast<std::uint8_t>(packet.size() >> 8), static_cast<std::uint8_t>(packet.size())};
    frame.insert(frame.end(), packet.begin(), packet.end());
    write(frame);
}

std::optional<Bytes> TcpClient::read(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t have = 0; have < size;) {
        if (!has_input(fd_.get())) return std::nullopt;
        const ssize_t more = ::recv(fd_.get(), &bytes[have], size - have, 0);
        if (more <= 0) return std::nullopt;
        have += static_cast<std::size_t>(more);
    }
    return bytes;
}

std::optional<Bytes> TcpClient::receive() {
    const auto length = read(2);
    return length ? read(static_cast<std::size_t>((*length)[0] << 8 | (*length)[1])) : std::nullopt;
}

bool TcpClient::is_hung_up() {
    std::uint8_t byte = 0;
    return has_input(fd_.get()) && ::recv(fd_.get(), &byte, 1, 0) <= 0;
}

Address TcpClient::address() const {
    return address_of(fd_.get());
}

}  // namespace rill::webrtc::ice::test
