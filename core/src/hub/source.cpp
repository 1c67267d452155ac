#include <rill/log.hpp>
#include <rill/source.hpp>

namespace rill {

Error Source::explain(GstMessage* message) {
    Owned<GError> error;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        gst_message_parse_error(message, out(error), nullptr);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
        gst_message_parse_warning(message, out(error), nullptr);
    }
    return {Code::unavailable, error ? mask_credentials(error->message) : "the source failed"};
}

}  // namespace rill
