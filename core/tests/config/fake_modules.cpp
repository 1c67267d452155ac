#include "fake_modules.hpp"

#include "catch.hpp"

#include <array>

namespace rill::test {
namespace {

Result<std::unique_ptr<Source>> no_source(const SourceContext&) {
    return Error{Code::unavailable, "only a table"};
}
Result<std::unique_ptr<Sink>> no_sink(const Options&) {
    return Error{Code::unavailable, "only a table"};
}
Result<std::unique_ptr<Controller>> no_controller(const Options&) {
    return Error{Code::unavailable, "only a table"};
}

constexpr std::array<std::string_view, 3> transports = {"automatic", "udp", "tcp"};
constexpr std::array<std::string_view, 2> variants = {"lowLatency", "fmp4"};

constexpr auto cam_options = std::to_array<Option>({
    {.name = "transport",
     .type = Type::choice,
     .fallback = "automatic",
     .doc = "How media travels.",
     .choices = transports},
    {.name = "token", .type = Type::text, .fallback = "", .doc = "Proves who asks.", .secret = true},
});
constexpr auto web_options = std::to_array<Option>({
    {.name = "key",
     .type = Type::integer,
     .fallback = "",
     .doc = "Needed.",
     .required = true,
     .secret = true},
});
constexpr auto hls_options = std::to_array<Option>({
    {.name = "segmentCount", .type = Type::integer, .fallback = "7", .doc = "How many.", .minimum = 1},
    {.name = "segmentDuration",
     .type = Type::duration,
     .fallback = "1s",
     .doc = "How long.",
     .minimum = 100,
     .maximum = 60'000},
    {.name = "segmentMaxSize", .type = Type::size, .fallback = "50M", .doc = "How large.", .minimum = 1024},
    {.name = "variant", .type = Type::choice, .fallback = "lowLatency", .doc = "Which.", .choices = variants},
    {.name = "alwaysRemux", .type = Type::boolean, .fallback = "no", .doc = "Always."},
});
constexpr auto rec_options = std::to_array<Option>({
    {.name = "path", .type = Type::text, .fallback = "", .doc = "Where to.", .required = true},
    {.name = "hosts", .type = Type::list, .fallback = "a,b", .doc = "Which hosts."},
});
constexpr auto server_fields = std::to_array<Option>({
    {.name = "url", .type = Type::text, .fallback = "", .doc = "Where.", .required = true},
    {.name = "password", .type = Type::text, .fallback = "", .doc = "With what.", .secret = true},
    {.name = "port",
     .type = Type::integer,
     .fallback = "3478",
     .doc = "Port.",
     .minimum = 1,
     .maximum = 65535},
});
constexpr auto turn_options = std::to_array<Option>({
    {.name = "servers",
     .type = Type::records,
     .fallback = "",
     .doc = "Which servers.",
     .fields = server_fields},
});
constexpr auto api_options = std::to_array<Option>({
    {.name = "pageSize", .type = Type::integer, .fallback = "100", .doc = "Items.", .minimum = 1},
});

constexpr std::array<std::string_view, 2> cam_schemes = {"cam", "cams"};
constexpr std::array<std::string_view, 1> web_schemes = {"web"};
constexpr std::array<std::string_view, 2> slate_schemes = {"slate", "file"};

constexpr auto sources = std::to_array<SourceFactory>({
    {.id = "cam", .summary = "Cameras", .schemes = cam_schemes, .options = cam_options, .create = no_source},
    {.id = "slate", .summary = "Slates", .schemes = slate_schemes, .options = {}, .create = no_source},
    {.id = "web", .summary = "Web", .schemes = web_schemes, .options = web_options, .create = no_source},
});
constexpr auto sinks = std::to_array<SinkFactory>({
    {.id = "hls", .summary = "HLS", .enabled = true, .options = hls_options, .routes = {}, .create = no_sink},
    {.id = "rec", .summary = "Records", .options = rec_options, .routes = {}, .create = no_sink},
    {.id = "turn", .summary = "TURN", .options = turn_options, .routes = {}, .create = no_sink},
});
constexpr std::array<std::string_view, 2> services = {"api", "hls"};

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "api", .summary = "API", .options = api_options, .services = services, .create = no_controller},
});

constexpr Module module = {
    .name = "fake", .version = "1", .sources = sources, .sinks = sinks, .controllers = controllers};

}  // namespace

const Registry& fake_registry() {
    static const Registry registry = [] {
        Registry result;
        const auto problems = result.add(module);
        if (!problems.empty()) throw std::logic_error(problems.front());
        return result;
    }();
    return registry;
}

config::Config load_good(std::string_view yaml, const config::Environment& environment) {
    config::Loaded loaded = config::load(yaml, "config.yml", fake_registry(), environment);
    for (const config::Problem& problem : loaded.problems)
        UNSCOPED_INFO(problem.text());
    REQUIRE(loaded);
    return std::move(loaded.config);
}

}  // namespace rill::test
