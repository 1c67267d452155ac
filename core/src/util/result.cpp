#include <rill/result.hpp>

namespace rill {

int http_status(Code code) {
    switch (code) {
        case Code::invalid_config:
            return 400;
        case Code::unauthorized:
            return 401;
        case Code::not_found:
            return 404;
        case Code::method_not_allowed:
            return 405;
        case Code::not_acceptable:
            return 406;
        case Code::conflict:
            return 409;
        case Code::too_large:
            return 413;
        case Code::unsupported_media:
            return 415;
        case Code::too_many:
            return 429;
        case Code::internal:
            return 500;
        case Code::unavailable:
            return 503;
        case Code::timeout:
            return 504;
    }
    return 500;
}

std::string_view to_string(Code code) {
    switch (code) {
        case Code::invalid_config:
            return "invalid_config";
        case Code::unauthorized:
            return "unauthorized";
        case Code::not_found:
            return "not_found";
        case Code::method_not_allowed:
            return "method_not_allowed";
        case Code::not_acceptable:
            return "not_acceptable";
        case Code::conflict:
            return "conflict";
        case Code::too_large:
            return "too_large";
        case Code::unsupported_media:
            return "unsupported_media";
        case Code::too_many:
            return "too_many";
        case Code::internal:
            return "internal";
        case Code::unavailable:
            return "unavailable";
        case Code::timeout:
            return "timeout";
    }
    return "internal";
}

}  // namespace rill
