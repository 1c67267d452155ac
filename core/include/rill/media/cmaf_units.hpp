// From stored fragments back to access units, for those who play them.
#pragma once

#include <rill/media/cmaf_reader.hpp>
#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace rill::cmaf {

/// One file's formats, and the units of its fragments.
///
/// Threading: immutable; any thread.
class UnitReader {
  public:
    /// `start_utc_us`: the wall clock (microseconds since 1970) at the file's epoch.
    UnitReader(Init init, std::int64_t start_utc_us);

    const std::vector<std::shared_ptr<const Format>>& formats() const { return formats_; }
    /// The units of a fragment (moof and mdat), by track as in formats(), in decode order. Their bytes share
    /// the fragment's memory; dts and pts count from the file's epoch, utc_us is that of pts, sequence is 0.
    /// Errors: unsupported_media, as parse_fragment says or when samples lie outside of the fragment.
    Result<std::vector<std::vector<UnitPtr>>> units(const Ref<GBytes>& fragment) const;

  private:
    Init init_;
    std::vector<std::shared_ptr<const Format>> formats_;
    std::int64_t start_utc_us_;
};

}  // namespace rill::cmaf
