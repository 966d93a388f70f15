// SPDX-License-Identifier: Apache-2.0
//
// The console: static files, for everybody. What they show comes from the API, and is for who has logged in.
#pragma once

#include <optional>

#include "adapters/linux/http/http_head.h"
#include "adapters/linux/http/http_response.h"

namespace tsp::linux_ {

// None: it has no such file, or is asked to do something with it.
[[nodiscard]] std::optional<HttpAnswer> answer_as_console(const HttpHead& head);

}  // namespace tsp::linux_
