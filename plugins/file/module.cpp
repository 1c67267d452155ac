#include "source.hpp"

#include <rill/module.hpp>

#include <array>

namespace {

using namespace rill;

constexpr std::array<std::string_view, 1> schemes{"file"};

constexpr std::array sources{
    SourceFactory{.id = "file",
                  .summary = "plays a media file for ever, without encoding it again",
                  .schemes = schemes,
                  .options = {},
                  .create = file::FileSource::create}};

constexpr Module module{.name = "file", .version = RILL_VERSION, .sources = sources};

}  // namespace

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &module;
}
