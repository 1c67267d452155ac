// A decoder of H.265 with a fault.
#pragma once

namespace rill::test {

/// Registered, with a higher rank than all others, as long as it lives; one at a time.
class FaultyDecoder {
  public:
    enum class Fault {
        fails = 1,  ///< with an error, at the first picture
        swallows,   ///< takes pictures and gives out none
        hangs,      ///< in the first picture
    };
    /// What it says that it is.
    enum class Place { processor = 1, device };
    FaultyDecoder(Place place, Fault fault);
    FaultyDecoder(const FaultyDecoder&) = delete;
    FaultyDecoder& operator=(const FaultyDecoder&) = delete;
    /// Lets go of whatever hangs in it.
    ~FaultyDecoder();

  private:
    const char* const name_;
};

}  // namespace rill::test
