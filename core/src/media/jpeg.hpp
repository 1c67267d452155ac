// The size of a JPEG picture (ITU-T T.81), out of untrusted bytes.
#pragma once

#include "bits.hpp"

#include <optional>

namespace rill::jpeg {

struct Size {
    int width = 0;  ///< 1 to 16384
    int height = 0;
};

/// Of a picture in a form that decoders have: baseline, extended or progressive with Huffman codes, 8 bits a
/// sample, one or three components (§B.2.2 and table B.1). Empty of any other, and of what breaks off before
/// the picture's data.
std::optional<Size> parse_size(Bytes jpeg);

}  // namespace rill::jpeg
