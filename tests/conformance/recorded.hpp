// A camera without an encoder: short recordings, made once, that repeat for ever.
#pragma once

#include "encoded_stream.hpp"

#include <rill/source.hpp>

#include <string>
#include <vector>

namespace rill::test {

/// Two seconds, without B-frames, that begin with a keyframe.
const EncodedStream& recording(Codec codec);

/// A source of recordings: "recorded://h264+aac" has these two tracks.
const SourceFactory& recorded_source();
/// The codecs behind the scheme.
std::vector<Codec> codecs_of(const std::string& url);

}  // namespace rill::test
