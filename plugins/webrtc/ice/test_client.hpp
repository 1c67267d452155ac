// A viewer's side of a port: a socket, and libnice's STUN, which is not ours.
#pragma once

#include "address.hpp"

#include <rill/fd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rill::webrtc::ice::test {

using Bytes = std::vector<std::uint8_t>;

/// Threading: the test's thread.
class Client {
  public:
    virtual ~Client() = default;

    virtual void send(const Bytes& packet) = 0;
    /// Null when nothing comes for as long as tests wait, or the other side has hung up.
    virtual std::optional<Bytes> receive() = 0;
    virtual Address address() const = 0;

    struct Check {
        std::string ufrag, password;
        bool use_candidate = false;
        bool controlling = true;
    };
    /// What came back: "192.0.2.1 1234", "401" and so on; "nothing"; "broken" when its MESSAGE-INTEGRITY or
    /// its FINGERPRINT is not right.
    std::string check(const Check& check);
    /// The request alone.
    Bytes request(const Check& check);
};

/// A check that came from a port, as the viewer with this password reads it: "theirs:ours controlled 1234",
/// with the priority; "broken" when an attribute, its MESSAGE-INTEGRITY or its FINGERPRINT is not right.
std::string read_check(const Bytes& check, std::string password);
/// The viewer's answer to it: a success when the viewer leads, else 487.
Bytes answer_to(const Bytes& check, std::string password, bool leads);

class UdpClient final : public Client {
  public:
    explicit UdpClient(const Address& to);
    void send(const Bytes& packet) override;
    std::optional<Bytes> receive() override;
    Address address() const override;
    /// Nothing has come that was not received. On one machine all is there as soon as it is sent.
    bool is_quiet() const;

  private:
    Fd fd_;
};

class TcpClient final : public Client {
  public:
    explicit TcpClient(const Address& to);
    void send(const Bytes& packet) override;
    std::optional<Bytes> receive() override;
    Address address() const override;
    /// Without a length before it.
    void write(const Bytes& bytes);
    bool is_hung_up();

  private:
    std::optional<Bytes> read(std::size_t size);

    Fd fd_;
};

}  // namespace rill::webrtc::ice::test
