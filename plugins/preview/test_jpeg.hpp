// Somebody who looks at pictures.
#pragma once

#include <iosfwd>
#include <string_view>

namespace rill::preview::testing {

struct Colour {
    int red = 0, green = 0, blue = 0;
    bool operator==(const Colour&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Colour& colour);
/// Whether a person would say that they are the same.
bool is_like(const Colour& one, const Colour& other);

struct Shown {
    int width = 0, height = 0;
    Colour middle;
};
/// What a JPEG shows. Throws std::runtime_error when it is none.
Shown look_at(std::string_view jpeg);

}  // namespace rill::preview::testing
