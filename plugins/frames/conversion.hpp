// One form of a path's pictures, and those who want it.
#pragma once

#include "converter.hpp"
#include "image_encoder.hpp"
#include "subscriber.hpp"

#include <memory>
#include <vector>

namespace rill::frames {

/// Threading: made on the path's loop, then the strand's.
struct Conversion {
    Wanted wanted;
    std::unique_ptr<ImageEncoder> encoder;  ///< null for raw formats
    Converter converter;
    std::vector<std::shared_ptr<Subscriber>> subscribers;
};
using ConversionPtr = std::shared_ptr<Conversion>;

}  // namespace rill::frames
