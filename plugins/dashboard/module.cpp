// The pages: dashboard at /, viewer at /viewer.html and at /{path}/, several cameras at once at /sync.html,
// and the files below /static/.
#include <rill/module.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>

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
    {".map", "application/json"},
});

std::string_view content_type(const fs::path& file) {
    for (const FileType& type : file_types) {
        if (file.extension() == type.extension) return type.content_type;
    }
    return "application/octet-stream";
}

class Dashboard final : public Controller {
  public:
    Result<> start(ControllerHost& host) override {
        root_ = host.web_directory();
        struct Page {
            const char* route;
            const char* file;
        };
        for (const Page page : {Page{"/", "dashboard.html"}, Page{"/dashboard.html", "dashboard.html"},
                                Page{"/viewer.html", "viewer.html"}, Page{"/sync.html", "sync.html"},
                                Page{"/{path}/", "viewer.html"}}) {
            auto added = host.route(
                page.route, [this, page](http::Exchange exchange) { send(std::move(exchange), page.file); });
            if (!added) return added;
        }
        return host.route("/static/", [this](http::Exchange exchange) {
            const std::string file = exchange.request().path.substr(1);
            send(std::move(exchange), file);
        });
    }
    void stop() noexcept override {}

  private:
    /// `name` is relative to the web directory. The server has refused dot segments already; a link that
    /// leads out is refused here.
    void send(http::Exchange exchange, const std::string& name) {
        const http::Request& request = exchange.request();
        if (request.method != "GET") {
            exchange.respond(http::Response::method_not_allowed(request.method, "GET"));
            return;
        }
        std::error_code error;
        const fs::path root = fs::canonical(root_, error);
        const fs::path file = fs::canonical(root_ / name, error);
        const bool inside =
            !error && file.native().starts_with(root.native() + "/") && fs::is_regular_file(file, error);
        if (!inside) {
            exchange.fail({Code::not_found, fmt::format("there is no page {}", request.path)});
            return;
        }
        Owned<GError> reason;
        char* data = nullptr;
        gsize size = 0;
        if (g_file_get_contents(file.c_str(), &data, &size, out(reason)) == FALSE) {
            exchange.fail({Code::internal, fmt::format("cannot read {}: {}", name, reason->message)});
            return;
        }
        http::Response response;
        response.content_type = content_type(file);
        response.body.push_back(Ref<GBytes>::adopt(g_bytes_new_take(data, size)));
        response.header("cache-control", "no-cache")
            .header("x-content-type-options", "nosniff")
            .header("referrer-policy", "same-origin");
        exchange.respond(std::move(response));
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
