// Recordings whose colour changes, a site that shows previews of them, and somebody who looks at pictures.
#pragma once

#include "catch.hpp"
#include "cmaf_file.hpp"
#include "controller_site.hpp"
#include "test_jpeg.hpp"

#include <rill/module.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill::preview::testing {

using test::EncodedStream;
using test::TemporaryFile;

/// 2026-01-08T10:00:00Z.
constexpr std::int64_t ten_us = 1'767'866'400'000'000;
std::int64_t at_us(double seconds);
/// So many seconds after ten, as a query says it.
std::string at(double seconds);

/// What a recording shows after so many changes of its colour.
Colour colour_of(std::size_t change);

/// Three seconds at 25 pictures a second. The colour changes with each keyframe.
///
/// "h264": 320x180, a keyframe each second, two B-frames, so the first picture is shown 80 ms after the
/// file's start. "h265" the same without B-frames. "short": a keyframe every 320 ms. "sparse": one keyframe.
/// "wide": pixels twice as wide as high. "hd": 1280x720, BT.709.
const EncodedStream& stream(const std::string& name);
/// A file with it, in parts of 200 ms. "sound" is one without pictures. Written once.
const TemporaryFile& recording(const std::string& name);
std::vector<std::uint8_t> recorded_bytes(const std::string& name);

/// The module, but that its controller does not mind a slow machine.
const Module& patient_module();

/// A site with it.
class PreviewSite final : public test::ControllerSite {
  public:
    PreviewSite() : ControllerSite(patient_module()) {}
    /// A recording() of "cam1", so many seconds after ten.
    std::int64_t add(const std::string& name, double seconds, std::int64_t chain = 1);
    http::test::Reply preview(const std::string& time, std::string_view more = "");
};

}  // namespace rill::preview::testing
