#include "certificates.hpp"

#include <functional>
#include <utility>

namespace rill {

struct Certificates::Watched {
    struct Known {
        FileIdentity certificate, key;
    };
    Watched(std::shared_ptr<http::TlsCertificate> loaded, const Known& known, Loop& loop,
            const std::function<void()>& changed)
        : certificate(std::move(loaded)),
          certificate_file(certificate->certificate_file(), known.certificate, loop, changed),
          key_file(certificate->key_file(), known.key, loop, changed) {}

    std::shared_ptr<http::TlsCertificate> certificate;
    WatchedFile certificate_file, key_file;
};

Certificates::Certificates(Loop& loop) : loop_(loop) {}
Certificates::~Certificates() = default;

Result<std::shared_ptr<const http::TlsCertificate>> Certificates::load(const std::string& certificate_file,
                                                                       const std::string& key_file) {
    for (const auto& watched : watched_) {
        const http::TlsCertificate& known = *watched->certificate;
        if (known.certificate_file() == certificate_file && known.key_file() == key_file)
            return std::shared_ptr<const http::TlsCertificate>(watched->certificate);
    }
    const Watched::Known known{identity_of(certificate_file), identity_of(key_file)};
    const auto loaded = http::TlsCertificate::load(certificate_file, key_file);
    if (!loaded) return loaded.error();
    const auto changed = [this, certificate = loaded->get()] { look_again(*certificate); };
    watched_.push_back(std::make_unique<Watched>(*loaded, known, loop_, changed));
    return std::shared_ptr<const http::TlsCertificate>(*loaded);
}

void Certificates::forget_unused() {
    std::erase_if(watched_, [](const auto& watched) { return watched->certificate.use_count() == 1; });
}

void Certificates::look_again(http::TlsCertificate& certificate) const {
    if (const auto reloaded = certificate.reload(); !reloaded) {
        // Of two files one is there before the other: the second brings us here again.
        log_.warning("{}; the certificate of before stays in use", reloaded.error().message);
        return;
    }
    log_.info("new connections get the certificate that is now in {}", certificate.certificate_file());
}

}  // namespace rill
