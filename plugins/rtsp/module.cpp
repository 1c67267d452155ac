#include "source.hpp"

#include <rill/module.hpp>

#include <array>

namespace {

using namespace rill;

constexpr std::array<std::string_view, 4> schemes{"rtsp", "rtsps", "rtsp+http", "rtsps+http"};
constexpr std::array<std::string_view, 4> transports{"automatic", "tcp", "udp", "multicast"};

constexpr std::array options{
    Option{.name = "transport",
           .type = Type::choice,
           .fallback = "automatic",
           .doc = "How media come from the camera; automatic tries TCP, then UDP, then multicast.",
           .choices = transports},
};

constexpr std::array sources{SourceFactory{.id = "rtsp",
                                           .summary = "pulls an RTSP camera",
                                           .schemes = schemes,
                                           .options = options,
                                           .create = rtsp::RtspSource::create}};

constexpr Module module{.name = "rtsp", .version = RILL_VERSION, .sources = sources};

}  // namespace

extern "C" RILL_EXPORT const rill::Module* rill_module() {
    return &module;
}
