// A decoder of higher rank than all others that takes H.265 and says nothing while it is told to hang.
#pragma once

namespace rill::preview::testing {

/// Registered, with the highest rank, as long as it lives.
class HangingDecoder {
  public:
    HangingDecoder();
    HangingDecoder(const HangingDecoder&) = delete;
    HangingDecoder& operator=(const HangingDecoder&) = delete;
    /// Lets go whatever hangs in it.
    ~HangingDecoder();
};

}  // namespace rill::preview::testing
