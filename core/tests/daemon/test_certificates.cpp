// The certificates of listeners while configurations come and go.
#include "../http/tls_client.hpp"
#include "catch.hpp"
#include "daemon/certificates.hpp"

#include <memory>

using namespace rill;

TEST_CASE("a certificate is shared while it is used, and forgotten afterwards") {
    Loop loop{Ref<GMainContext>::retain(g_main_context_default())};
    Certificates certificates(loop);
    const http::test::CertificateFiles files{"one"};
    auto first = certificates.load(files.certificate(), files.key());
    REQUIRE(first);
    certificates.forget_unused();
    CHECK(*certificates.load(files.certificate(), files.key()) == *first);
    const std::weak_ptr<const http::TlsCertificate> known = *first;
    first = Error{Code::unavailable, "nobody holds it"};
    CHECK_FALSE(known.expired());
    certificates.forget_unused();
    CHECK(known.expired());
}
