// Somebody who looks at pictures.
#pragma once

#include <iosfwd>
#include <string_view>
#include <vector>

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
/// A component of the frame header (ITU-T T.81 B.2.2).
struct Component {
    int id = 0, horizontal = 0, vertical = 0;
    bool operator==(const Component&) const = default;
};
/// Of a baseline JPEG; none when it is none.
std::vector<Component> components_of(std::string_view jpeg);

/// What a JPEG shows. Throws std::runtime_error when it is none.
Shown look_at(std::string_view jpeg);

}  // namespace rill::preview::testing
