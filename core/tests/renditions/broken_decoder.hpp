// A decoder "of a device" and of the highest rank that takes H.265 and fails with the first picture, or
// swallows all of them.
#pragma once

namespace rill::test {

/// Registered, before all others, as long as it lives.
class BrokenDecoder {
  public:
    enum class Fault { fails = 1, swallows };
    explicit BrokenDecoder(Fault fault);
    BrokenDecoder(const BrokenDecoder&) = delete;
    BrokenDecoder& operator=(const BrokenDecoder&) = delete;
    ~BrokenDecoder();
};

}  // namespace rill::test
