// What a busy machine does to an element that is added to a playing bin, on every machine.
#pragma once

namespace rill::webrtc::test {

/// While one lives, gst_element_sync_state_with_parent() waits between its two steps, reading the parent's
/// state and setting the element's: until the parent goes elsewhere, or a moment. webrtcbin calls it for all
/// that it adds.
class SlowJoining {
  public:
    SlowJoining();
    SlowJoining(const SlowJoining&) = delete;
    SlowJoining& operator=(const SlowJoining&) = delete;
    ~SlowJoining();
};

}  // namespace rill::webrtc::test
