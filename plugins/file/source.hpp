// The source "file": plays a media file again and again, as if it were a camera.
#pragma once

#include <rill/log.hpp>
#include <rill/source.hpp>

namespace rill::file {

/// The path of "file:///a/b.mp4" (percent-decoded) or "file:clip.mkv" (taken as it is). Error:
/// invalid_config.
Result<std::string> path_of(std::string_view url);

class FileSource final : public Source {
  public:
    static Result<std::unique_ptr<Source>> create(const SourceContext& context);
    Result<Ref<GstElement>> build() override;

  private:
    FileSource(std::string path, Log log) : path_(std::move(path)), log_(std::move(log)) {}
    const std::string path_;
    const Log log_;
};

}  // namespace rill::file
