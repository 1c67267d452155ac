#include "catch.hpp"
#include "hooks/environment.hpp"

#include <algorithm>
#include <cstdlib>

using namespace rill::hooks;

TEST_CASE("a variable has MediaMTX's name and ours") {
    Environment environment;
    environment.set("MTX_PATH", "cam1").set("RTSP_PORT", "8554").set("G1", "x");
    CHECK(environment.find("MTX_PATH") == "cam1");
    CHECK(environment.find("RILL_PATH") == "cam1");
    CHECK(environment.find("RILL_RTSP_PORT") == "8554");
    CHECK(environment.find("RILL_G1") == "x");
    CHECK_FALSE(environment.find("PATH"));
}

TEST_CASE("a child gets the program's variables, and the hook's over them") {
    ::setenv("MTX_PATH", "old", 1);
    ::setenv("RILL_TEST_OTHER", "a=b", 1);
    Environment environment;
    environment.set("MTX_PATH", "cam1");
    const auto variables = environment.for_child();
    ::unsetenv("MTX_PATH");
    const auto count = [&](const std::string& text) {
        return std::count(variables.begin(), variables.end(), text);
    };
    CHECK(count("MTX_PATH=cam1") == 1);
    CHECK(count("MTX_PATH=old") == 0);
    CHECK(count("RILL_PATH=cam1") == 1);
    CHECK(count("RILL_TEST_OTHER=a=b") == 1);
}

TEST_CASE("what no variable can hold does not cut its value short") {
    Environment environment;
    environment.set("A", std::string("x\0y", 3));
    CHECK(environment.find("A") == "x\xef\xbf\xbdy");
    environment.set("A", std::string(70'000, 'a'));
    CHECK(environment.find("A")->size() == 65'536);
    environment.set("A", std::string(65'536, '\0'));
    CHECK(environment.find("A")->size() == 65'536);
}

TEST_CASE("a query is encoded as MediaMTX does it") {
    Environment environment;
    environment.set_query("user=a b&x=%20$(id)'\"~-_.");
    CHECK(environment.find("MTX_QUERY") == "user%3Da+b%26x%3D%2520%24%28id%29%27%22~-_.");
    CHECK(environment.find("RILL_QUERY") == environment.find("MTX_QUERY"));
    environment.set_query(std::string("\0\n", 2));
    CHECK(environment.find("MTX_QUERY") == "%00%0A");
    environment.set_query("");
    CHECK(environment.find("MTX_QUERY") == "");
}
