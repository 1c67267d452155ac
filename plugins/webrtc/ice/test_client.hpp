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

class UdpClient final : public Client {
  public:
    explicit UdpClient(const Address& to);
    void send(const Bytes& packet) override;
    std::optional<Bytes> receive() override;
    Address address() const override;

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
