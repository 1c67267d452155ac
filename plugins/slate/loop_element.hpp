// The element that shows a content again and again.
#pragma once

#include "library.hpp"

namespace rill::slate {

/// A live source of one track with a static pad "src": the units of the library's content at their pace, from
/// the running time at which it begins. The first unit of the process's first element waits for the encoder,
/// on the streaming thread; what goes wrong with that is an error message. `library` outlives the element.
Ref<GstElement> make_loop_element(const Spec& spec, Library& library);

}  // namespace rill::slate
