#include "source.hpp"

#include "looper.hpp"

#include <gst/base/gsttypefindhelper.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace rill::file {

namespace {

// Enough for every container's signature; MPEG-TS is known by several packets in a row.
constexpr std::size_t head_bytes = 65536;

struct Container {
    std::string_view caps;
    const char* demuxer;
};
constexpr std::array containers{
    Container{"video/quicktime", "qtdemux"},        Container{"audio/x-m4a", "qtdemux"},
    Container{"application/x-3gp", "qtdemux"},      Container{"video/x-matroska", "matroskademux"},
    Container{"audio/x-matroska", "matroskademux"}, Container{"video/webm", "matroskademux"},
    Container{"audio/webm", "matroskademux"},       Container{"video/mpegts", "tsdemux"},
};

const char* demuxer_for(const std::vector<char>& head) {
    const auto* bytes = reinterpret_cast<const guint8*>(head.data());
    const auto caps =
        Ref<GstCaps>::adopt(gst_type_find_helper_for_data(nullptr, bytes, head.size(), nullptr));
    if (!caps || gst_caps_get_size(caps.get()) == 0) return nullptr;
    const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
    for (const Container& container : containers) {
        if (container.caps == name) return container.demuxer;
    }
    return nullptr;
}

/// Control characters would write lines of their own where the path is told.
Result<std::string> without_controls(std::string path) {
    if (std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return Error{Code::invalid_config, "source file: the path holds a control character"};
    return path;
}

}  // namespace

Result<std::string> path_of(std::string_view url) {
    if (url.size() > PATH_MAX)
        return Error{Code::invalid_config,
                     fmt::format("source file: the URL is longer than {} bytes", PATH_MAX)};
    std::string_view rest = url.substr(url.find(':') + 1);
    if (!rest.starts_with("//")) {
        if (rest.empty())
            return Error{Code::invalid_config, "source file: no file is named, as in file:///a/b.mp4"};
        return without_controls(std::string(rest));
    }
    rest.remove_prefix(2);
    if (rest.starts_with("localhost/")) rest.remove_prefix(9);
    if (!rest.starts_with('/') || rest.size() < 2)
        return Error{Code::invalid_config,
                     "source file: the form is file:///a/b.mp4, or file:b.mp4 for a relative path"};
    const Owned<char> decoded(g_uri_unescape_segment(rest.data(), rest.data() + rest.size(), nullptr));
    return without_controls(std::string(decoded ? std::string_view(decoded.get()) : rest));
}

Result<std::unique_ptr<Source>> FileSource::create(const SourceContext& context) {
    auto path = path_of(context.url);
    if (!path) return path.error();
    return std::unique_ptr<Source>(
        new FileSource(std::move(*path), Log(fmt::format("path {}", context.path)).child("file source")));
}

Result<Ref<GstElement>> FileSource::build() {
    if (g_file_test(path_.c_str(), G_FILE_TEST_IS_DIR) != FALSE)
        return Error{Code::unavailable, fmt::format("'{}' is a directory", path_)};
    // A pipe would hold the path's loop until somebody writes to it.
    std::error_code missing;
    const auto type = std::filesystem::status(path_, missing).type();
    if (!missing && type != std::filesystem::file_type::regular)
        return Error{Code::unavailable, fmt::format("'{}' is no regular file", path_)};
    errno = 0;
    std::ifstream file(path_, std::ios::binary);
    if (!file) {
        const std::string why = std::generic_category().message(errno != 0 ? errno : ENOENT);
        return Error{Code::unavailable, fmt::format("cannot open '{}': {}", path_, why)};
    }
    std::vector<char> head(head_bytes);
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(file.gcount()));
    const char* demuxer = head.empty() ? nullptr : demuxer_for(head);
    if (demuxer == nullptr)
        return Error{Code::unavailable, fmt::format("'{}' is no MP4, Matroska or MPEG-TS file", path_)};
    return Looper::make_bin(path_, demuxer, log_);
}

}  // namespace rill::file
