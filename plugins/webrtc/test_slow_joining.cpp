#include "test_slow_joining.hpp"

#include "await.hpp"

#include <rill/ref.hpp>

#include <gst/gst.h>

#include <atomic>

using namespace std::chrono_literals;

namespace {

using rill::Ref;

std::atomic<bool> is_slow = false;

/// The state that an element is in, or on its way to.
GstState heading_of(const Ref<GstElement>& element) {
    GST_OBJECT_LOCK(element.get());
    const GstState pending = GST_STATE_PENDING(element.get());
    const GstState current = GST_STATE(element.get());
    GST_OBJECT_UNLOCK(element.get());
    return pending != GST_STATE_VOID_PENDING ? pending : current;
}

}  // namespace

// A program's own functions come before those of its libraries, for the libraries too.
extern "C" gboolean gst_element_sync_state_with_parent(GstElement* element) {
    const auto parent =
        Ref<GstElement>::adopt(reinterpret_cast<GstElement*>(gst_object_get_parent(GST_OBJECT(element))));
    if (!parent) return FALSE;
    const GstState heading = heading_of(parent);
    if (is_slow) rill::test::await([&] { return heading_of(parent) != heading; }, 1ms);
    return gst_element_set_state(element, heading) == GST_STATE_CHANGE_FAILURE ? FALSE : TRUE;
}

namespace rill::webrtc::test {

SlowJoining::SlowJoining() {
    is_slow = true;
}

SlowJoining::~SlowJoining() {
    is_slow = false;
}

}  // namespace rill::webrtc::test
