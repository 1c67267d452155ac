// Who wants pictures.
#pragma once

#include "picture.hpp"

#include <rill/result.hpp>

namespace rill::frames {

/// Threading: the path's strand. None of the calls may block.
class Subscriber {
  public:
    virtual ~Subscriber() = default;
    /// Whether a picture is worth being made for it.
    virtual bool wants(const Stamp& stamp) = 0;
    virtual void deliver(const PicturePtr& picture) = 0;
    /// Several times a second, also while there are no pictures: for who gives up, or bears with nobody.
    virtual void tick() = 0;
    /// There will be no more, and why. The last call.
    virtual void close(const Error& reason) = 0;
};

}  // namespace rill::frames
