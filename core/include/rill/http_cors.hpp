// Answers that web pages of other origins may read (Fetch standard, "CORS protocol").
#pragma once

#include <rill/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rill::http {

/// What pages of the allowed origins may do, as header values such as "GET, POST"; an empty one is not sent.
/// The views are of literals.
struct CorsTerms {
    std::string_view methods = {};          ///< of preflights
    std::string_view request_headers = {};  ///< that pages may send, beyond the safelisted ones
    std::string_view exposed_headers = {};  ///< of answers, beyond the safelisted ones
    /// Cookies and HTTP authentication, for origins that are listed: "*" cannot allow them ("CORS protocol
    /// and credentials").
    bool credentials = false;
};

/// Threading: const calls on any thread.
class Cors {
  public:
    /// No page of another origin.
    Cors() = default;
    /// `origins`: "*", or origins as browsers send them, "https://example.com:8443".
    explicit Cors(std::vector<std::string> origins, CorsTerms terms = {});

    /// Makes an answer readable. Every answer, once: a page cannot even read an error otherwise. `origin` is
    /// the request's Origin, or "".
    void apply(std::string_view origin, Response& response) const;
    /// 204, what an OPTIONS is answered; it goes through apply() as any other answer.
    Response preflight() const;

  private:
    bool is_any_ = false;
    std::vector<std::string> origins_;
    CorsTerms terms_;
};

}  // namespace rill::http
