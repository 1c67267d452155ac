// The certificates of all listeners, read again when their files change.
#pragma once

#include "http/tls_certificate.hpp"
#include "watched_file.hpp"

#include <rill/log.hpp>
#include <rill/loop.hpp>
#include <rill/result.hpp>

#include <memory>
#include <string>
#include <vector>

namespace rill {

/// Threading: the loop's thread.
class Certificates {
  public:
    explicit Certificates(Loop& loop);
    ~Certificates();

    /// Listeners that name the same files share what is loaded. A pair of files that cannot be used any more
    /// is told in the log, and the one before stays. Error: see http::TlsCertificate::load().
    Result<std::shared_ptr<const http::TlsCertificate>> load(const std::string& certificate_file,
                                                             const std::string& key_file);
    /// Those that nobody else holds are no longer watched.
    void forget_unused();

  private:
    struct Watched;
    void look_again(http::TlsCertificate& certificate) const;

    Loop& loop_;
    const Log log_{"TLS"};
    std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace rill
