// The pages: dashboard at /, viewer at /viewer.html and at /{path}/, several cameras at once at /sync.html,
// the login at /login, the API's document at /docs and as /openapi.yaml, and the files below /static/.
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace rill::dashboard {

namespace {

namespace fs = std::filesystem;

struct FileType {
    std::string_view extension, content_type;
};
constexpr auto file_types = std::to_array<FileType>({
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
    {".yaml", "application/yaml"},
    {".map", "application/json"},
});

std::string_view content_type(const fs::path& file) {
    for (const FileType& type : file_types) {
        if (file.extension() == type.extension) return type.content_type;
    }
    return "application/octet-stream";
}

/// What pages may load and run (CSP Level 3, https://www.w3.org/TR/CSP3): what is served here, and what their
/// scripts make themselves. hls.js has its worker in a blob, media and previews are blobs, and Swagger UI's
/// style sheet has pictures in it. 'self' is ws: and wss:, too.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; worker-src blob:; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'";

/// Which page a route is, who may see it, and whether other pages may show it in a frame: nobody is to click
/// in the others without knowing.
struct Page {
    const char* route;
    const char* file;
    Needs needs;
    bool in_frames = false;
};
/// What is shown in the others comes from the API, which asks itself.
constexpr auto pages = std::to_array<Page>({{"/", "dashboard.html", Needs::api},
                                            {"/dashboard.html", "dashboard.html", Needs::api},
                                            {"/{path}/", "viewer.html", Needs::read, true},
                                            {"/viewer.html", "viewer.html", Needs::nothing, true},
                                            {"/sync.html", "sync.html", Needs::nothing},
                                            {"/login", "login.html", Needs::nothing},
                                            {"/docs", "docs.html", Needs::nothing},
                                            {"/swagger-ui", "docs.html", Needs::nothing},
                                            {"/openapi.yaml", "openapi.yaml", Needs::nothing}});

/// From "/site/door/" that is "../../login": also behind a proxy that has it all below a path.
std::string login_from(const http::Request& request) {
    std::string out;
    for (auto slash = request.path.find('/', 1); slash != std::string::npos;
         slash = request.path.find('/', slash + 1))
        out += "../";
    const Owned<char> next(g_uri_escape_string(request.path.c_str(), "/", FALSE));
    return fmt::format("{}login?next={}", out, next.get());
}

/// Browsers ask for pages so; programs get the plain answer.
bool wants_page(const http::Request& request) {
    return request.header("accept").find("text/html") != std::string_view::npos;
}

class Dashboard final : public Controller {
  public:
    Result<> start(ControllerHost& host) override {
        root_ = host.web_directory();
        for (const Page& page : pages) {
            auto added =
                host.route(page.route, Needs::handler_asks, [this, &host, &page](http::Exchange exchange) {
                    answer_page(host.access(), std::move(exchange), page);
                });
            if (!added) return added;
        }
        return host.route("/static/", Needs::nothing, [this](http::Exchange exchange) {
            const std::string file = exchange.request().path.substr(1);
            exchange.respond(read(exchange.request(), file));
        });
    }
    void stop() noexcept override {}

  private:
    void answer_page(Access& access, http::Exchange exchange, const Page& page) {
        if (page.needs == Needs::nothing) return send_page(std::move(exchange), page);
        const std::string& url = exchange.request().path;
        const Purpose purpose = page.needs == Needs::api
                                    ? Purpose{Action::api, "", ""}
                                    : Purpose{Action::read, url.substr(1, url.size() - 2), "webrtc"};
        const auto waiting = std::make_shared<http::Exchange>(std::move(exchange));
        access.ask(waiting->request(), purpose, [this, waiting, &page](const Result<Identity>& identity) {
            if (identity) return send_page(std::move(*waiting), page);
            const http::Request& request = waiting->request();
            if (identity.error().code != Code::unauthorized || !wants_page(request))
                return waiting->respond(refused(request, identity.error()));
            waiting->respond(http::Response::text(302, "text/plain", "")
                                 .header("location", login_from(request))
                                 .header("cache-control", "no-store"));
        });
    }

    void send_page(http::Exchange exchange, const Page& page) const {
        http::Response response = read(exchange.request(), page.file);
        response.header(
            "content-security-policy",
            fmt::format("{}{}", content_policy, page.in_frames ? "" : "; frame-ancestors 'none'"));
        exchange.respond(std::move(response));
    }

    /// `name` is relative to the web directory. The server has refused dot segments already; a link that
    /// leads out is refused here.
    http::Response read(const http::Request& request, const std::string& name) const {
        if (request.method != "GET") return http::Response::method_not_allowed(request.method, "GET");
        std::error_code error;
        const fs::path root = fs::canonical(root_, error);
        const fs::path file = fs::canonical(root_ / name, error);
        const bool inside =
            !error && file.native().starts_with(root.native() + "/") && fs::is_regular_file(file, error);
        if (!inside)
            return http::Response::error({Code::not_found, fmt::format("there is no page {}", request.path)});
        Owned<GError> reason;
        char* data = nullptr;
        gsize size = 0;
        if (g_file_get_contents(file.c_str(), &data, &size, out(reason)) == FALSE)
            return http::Response::error(
                {Code::internal, fmt::format("cannot read {}: {}", name, reason->message)});
        http::Response response;
        response.content_type = content_type(file);
        response.body.push_back(Ref<GBytes>::adopt(g_bytes_new_take(data, size)));
        response.header("cache-control", "no-cache");
        return response;
    }

    fs::path root_;
};

Result<std::unique_ptr<Controller>> create(const Options&) {
    return std::make_unique<Dashboard>();
}

constexpr auto controllers = std::to_array<ControllerFactory>({
    {.id = "dashboard",
     .summary = "dashboard and viewer pages",
     .enabled = true,
     .options = {},
     .create = create},
});

constexpr Module module{.name = "dashboard", .version = RILL_VERSION, .controllers = controllers};

}  // namespace

}  // namespace rill::dashboard

const rill::Module* rill_module() {
    return &rill::dashboard::module;
}
