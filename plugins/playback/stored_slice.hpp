// What the URLs of a playlist stand for, made from one file.
#pragma once

#include "resource.hpp"

#include <rill/archive.hpp>
#include <rill/http_body.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace rill::playback {

/// The bytes of a resource. Times of a slice are UTC since 1970, so that slices of one chain fit together
/// and their URLs need no other time line. Tracks that HLS cannot carry (G.711) are left out.
///
/// Called on the archive's thread, with a view of `path`. The archive outlives the source. Errors: not_found
/// when the file or the part is not there (any more), or was over before `oldest_us`; internal when it is
/// damaged, unavailable.
Result<std::unique_ptr<http::BodySource>> open_resource(Archive& archive, ArchiveView& view,
                                                        const std::string& path, const Resource& resource,
                                                        std::int64_t oldest_us);

}  // namespace rill::playback
