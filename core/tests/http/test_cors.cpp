#include "catch.hpp"

#include <rill/http_cors.hpp>

using namespace rill;
using http::Cors;
using http::CorsTerms;
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace {

constexpr CorsTerms terms{
    .methods = "OPTIONS, GET", .request_headers = "Authorization, Range", .exposed_headers = "Content-Range"};
constexpr CorsTerms personal{.credentials = true};

Headers applied(const Cors& cors, std::string_view origin) {
    http::Response response = http::Response::error({Code::not_found, "nothing here"});
    cors.apply(origin, response);
    return response.headers;
}

}  // namespace

TEST_CASE("a star allows every origin, and an answer does not depend on which") {
    const Headers expected{{"Access-Control-Allow-Origin", "*"},
                           {"Access-Control-Expose-Headers", "Content-Range"}};
    for (const std::vector<std::string>& origins :
         {std::vector<std::string>{"*"}, std::vector<std::string>{"https://a.example", "*"}}) {
        const Cors cors(origins, terms);
        CHECK(applied(cors, "https://a.example") == expected);
        CHECK(applied(cors, "null") == expected);
        CHECK(applied(cors, "") == expected);
    }
}

TEST_CASE("an origin of the list is named") {
    const Cors cors({"https://a.example", "https://b.example"}, terms);
    CHECK(applied(cors, "https://b.example") == Headers{{"Vary", "Origin"},
                                                        {"Access-Control-Allow-Origin", "https://b.example"},
                                                        {"Access-Control-Expose-Headers", "Content-Range"}});
}

TEST_CASE("other origins are told nothing but that it depends on them") {
    const Headers nothing{{"Vary", "Origin"}};
    const Cors cors({"https://a.example"}, terms);
    for (const std::string_view other : {"https://b.example", "http://a.example", "https://a.example:8443",
                                         "https://a.example.org", "https://A.example", "null", "*", ""}) {
        INFO(other);
        CHECK(applied(cors, other) == nothing);
    }
    CHECK(applied(Cors({}, terms), "https://a.example") == nothing);
    CHECK(applied(Cors(), "") == nothing);
}

TEST_CASE("credentials are for those that are listed") {
    CHECK(applied(Cors({"https://a.example"}, personal), "https://a.example") ==
          Headers{{"Vary", "Origin"},
                  {"Access-Control-Allow-Origin", "https://a.example"},
                  {"Access-Control-Allow-Credentials", "true"}});
    CHECK(applied(Cors({"https://a.example"}, personal), "https://b.example") == Headers{{"Vary", "Origin"}});
    CHECK(applied(Cors({"*"}, personal), "https://a.example") ==
          Headers{{"Access-Control-Allow-Origin", "*"}});
}

TEST_CASE("a preflight says what pages may send") {
    const Cors cors({"*"}, terms);
    http::Response response = cors.preflight();
    CHECK(response.status == 204);
    CHECK(response.body.empty());
    CHECK(response.headers == Headers{{"Access-Control-Allow-Methods", "OPTIONS, GET"},
                                      {"Access-Control-Allow-Headers", "Authorization, Range"}});
    CHECK(Cors({"*"}).preflight().headers.empty());
    cors.apply("https://a.example", response);
    CHECK(response.headers.size() == 4);
}
