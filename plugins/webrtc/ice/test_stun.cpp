// STUN against the test vectors of RFC 5769, and against what is broken.
#include "catch.hpp"
#include "stun.hpp"

#include <algorithm>
#include <random>

using namespace rill::webrtc::ice;

namespace {

// RFC 5769 §2.1: a Binding request of an ICE agent that leads no more, made with this password.
constexpr std::string_view password = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr std::array<std::uint8_t, 108> sample_request{
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};

// RFC 5769 §2.2: the answer over IPv4, whose SOFTWARE attribute is not ours to send.
constexpr std::array<std::uint8_t, 12> sample_mapped_v4{0x00, 0x20, 0x00, 0x08, 0x00, 0x01,
                                                        0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
// RFC 5769 §2.3: over IPv6.
constexpr std::array<std::uint8_t, 24> sample_mapped_v6{0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47,
                                                        0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79,
                                                        0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};

BindingRequest parsed(Packet packet) {
    const auto request = parse_binding_request(packet);
    REQUIRE(request);
    return *request;
}

template <class Bytes>
bool contains(const std::vector<std::uint8_t>& message, const Bytes& bytes) {
    return std::search(message.begin(), message.end(), bytes.begin(), bytes.end()) != message.end();
}

Address address(const std::string& ip, std::uint16_t port) {
    return *Address::parse(ip, port);
}

}  // namespace

TEST_CASE("the sample request is read and known by its password") {
    const BindingRequest request = parsed(sample_request);
    CHECK(request.username == "evtj:h6vY");
    CHECK(request.local_ufrag() == "evtj");
    CHECK(request.controlled);
    CHECK_FALSE(request.use_candidate);
    CHECK(request.unknown.empty());
    CHECK(request.is_authentic(password));
    CHECK_FALSE(request.is_authentic("VOkJxbRl1RmTxUk/WvJxBu"));
    CHECK_FALSE(request.is_authentic(""));
}

TEST_CASE("a changed byte is noticed, wherever it is") {
    for (std::size_t at = 0; at < sample_request.size(); ++at) {
        CAPTURE(at);
        auto changed = sample_request;
        changed[at] ^= 0x10;
        // Under another name FINGERPRINT is an attribute that may be passed over.
        const bool is_name = at == 100 || at == 101;
        CHECK(parse_binding_request(changed).has_value() == is_name);
        // Without FINGERPRINT, which a request may lack, MESSAGE-INTEGRITY tells: the header's length says 8
        // less.
        if (at >= sample_request.size() - 8) continue;
        changed[3] = static_cast<std::uint8_t>(at == 3 ? 0x40 : 0x50);
        const auto bare = parse_binding_request(Packet(changed).first(sample_request.size() - 8));
        CHECK_FALSE((bare && bare->is_authentic(password)));
    }
}

TEST_CASE("what is cut off is refused") {
    for (std::size_t size = 0; size < sample_request.size(); ++size)
        CHECK_FALSE(parse_binding_request(Packet(sample_request).first(size)));
}

TEST_CASE("random bytes behind a good head are read to their end or refused") {
    std::minstd_rand random(7);
    for (int round = 0; round < 20'000; ++round) {
        // A block of its own size, so that a sanitizer sees what is read behind it.
        std::vector<std::uint8_t> bytes(20 + random() % 30 * 4);
        std::copy_n(sample_request.begin(), 20, bytes.begin());
        for (std::size_t at = 20; at < bytes.size(); ++at)
            bytes[at] = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 12);
        bytes[2] = static_cast<std::uint8_t>((bytes.size() - 20) >> 8);
        bytes[3] = static_cast<std::uint8_t>(bytes.size() - 20);
        if (const auto request = parse_binding_request(bytes)) CHECK_FALSE(request->is_authentic(password));
    }
}

TEST_CASE("the answer says from where the request came") {
    const BindingRequest request = parsed(sample_request);
    const auto v4 = binding_success(request, address("192.0.2.1", 32853), password);
    CHECK(contains(v4, sample_mapped_v4));
    const auto v6 =
        binding_success(request, address("2001:db8:1234:5678:11:2233:4455:6677", 32853), password);
    CHECK(contains(v6, sample_mapped_v6));
    CHECK(contains(v6, request.transaction));
    CHECK(v6[0] == 0x01);
    CHECK(v6[1] == 0x01);
}

TEST_CASE("the answer is authenticated as requests are") {
    // An answer that is turned into a request is checked by the same code; only the FINGERPRINT, which covers
    // the type, is left away.
    const auto answer = binding_success(parsed(sample_request), address("192.0.2.1", 1), password);
    REQUIRE(answer.size() > 28);
    std::vector<std::uint8_t> request(answer.begin(), answer.end() - 8);
    CHECK_FALSE(parse_binding_request(request));
    request[0] = 0;
    request[3] = static_cast<std::uint8_t>(request.size() - 20);
    // XOR-MAPPED-ADDRESS has no place in a request.
    const BindingRequest read = parsed(request);
    CHECK(read.unknown == std::vector<std::uint16_t>{0x0020});
}

TEST_CASE("refusals say why, and name what was not understood") {
    BindingRequest request = parsed(sample_request);
    const auto unauthenticated = binding_error(request, 401, "");
    CHECK(contains(unauthenticated, std::array<std::uint8_t, 4>{0, 0, 4, 1}));
    CHECK(contains(unauthenticated, std::string_view("Unauthenticated")));
    CHECK_FALSE(contains(unauthenticated, std::array<std::uint8_t, 4>{0, 8, 0, 20}));
    request.unknown = {0x0031, 0x7fff};
    const auto unknown = binding_error(request, 420, password);
    CHECK(contains(unknown, std::array<std::uint8_t, 8>{0, 0x0a, 0, 4, 0, 0x31, 0x7f, 0xff}));
    CHECK(contains(unknown, std::array<std::uint8_t, 4>{0, 8, 0, 20}));
}

TEST_CASE("other packets are none of STUN's") {
    const std::array<std::uint8_t, 24> dtls{22, 254, 253};
    const std::array<std::uint8_t, 24> rtcp{0x80, 200};
    CHECK_FALSE(looks_like_stun(dtls));
    CHECK_FALSE(looks_like_stun(rtcp));
    CHECK_FALSE(looks_like_stun({}));
    CHECK(looks_like_stun(sample_request));
}

TEST_CASE("addresses are the same whichever socket tells them") {
    const Address v4 = address("192.0.2.1", 80);
    CHECK(v4.is_v4());
    CHECK(v4 == Address::of(v4.to_v4()));
    CHECK(v4 == Address::of(v4.to_v6()));
    CHECK(v4.ip_text() == "192.0.2.1");
    CHECK_FALSE(v4.is_any());
    const Address v6 = address("2001:db8::1", 80);
    CHECK_FALSE(v6.is_v4());
    CHECK(v6 == Address::of(v6.to_v6()));
    CHECK(v6.ip_text() == "2001:db8::1");
    CHECK(AddressHash()(v4) != AddressHash()(address("192.0.2.1", 81)));
}

TEST_CASE("where to listen is read as of other listeners") {
    CHECK(parse_listening(":8189")->is_any());
    CHECK(parse_listening(":8189")->port == 8189);
    CHECK(parse_listening("0.0.0.0:0")->is_v4());
    CHECK(parse_listening("127.0.0.1:1")->ip_text() == "127.0.0.1");
    CHECK(parse_listening("[::1]:2")->ip_text() == "::1");
    for (const std::string_view wrong :
         {"", "8189", ":", ":65536", ":x", "host:1", "127.0.0.1", "[::1", ":-1"})
        CHECK_FALSE(parse_listening(wrong));
}
