// Requests whose bodies were right, and have been changed.
#pragma once

#include "controller_site.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace rill::test {

/// A request, and a body that it may have.
struct RightBody {
    std::string_view method, path, body;
};

/// Hands a request to the controller, with no connection between.
http::Response answer_of(ControllerSite& site, http::Request request);

/// Hands the bodies, which have to be taken, and so many mutations of them to the controller, each as a whole
/// request. Each has to be answered, with what it makes or with an error as clients know them: never 500.
/// `put_back` comes before each, and undoes what those before have changed.
void send_mutated(ControllerSite& site, std::span<const RightBody> bodies, unsigned count,
                  const std::function<void()>& put_back);

}  // namespace rill::test
