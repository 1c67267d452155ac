// A self-signed certificate for rtsps, made anew at each start.
#pragma once

#include <rill/ref.hpp>
#include <rill/result.hpp>

#include <gio/gio.h>

#include <string>

namespace rill::camera {

struct Certificate {
    Ref<GTlsCertificate> certificate;
    std::string sha256;  ///< of its DER form, "AB:CD:…"
};

/// P-256, for `localhost` and the loopback addresses, valid for one day.
Result<Certificate> make_certificate();

}  // namespace rill::camera
