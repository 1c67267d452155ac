// Criticals that GStreamer gives without anybody's fault or harm.
#pragma once

#include <string_view>

namespace rill {

/// rtspsrc (1.22 to 1.28) forgets its sequence number when it goes to READY, before its task has ended
/// (gst_rtspsrc_change_state). An event that the task pushes in between keeps the number that it has, which
/// is what it should have.
inline bool is_known_critical(std::string_view message) {
    return message == "gst_event_set_seqnum: assertion 'seqnum != GST_SEQNUM_INVALID' failed";
}

}  // namespace rill
