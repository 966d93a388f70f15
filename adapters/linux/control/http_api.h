// SPDX-License-Identifier: Apache-2.0
//
// The API over HTTP, whatever the socket: what a request and a response are on both sides.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "adapters/linux/control/api.h"
#include "adapters/linux/http/http_request.h"
#include "adapters/linux/http/http_response.h"

namespace tsp::linux_ {

inline constexpr std::size_t kApiBodyBytesMax = 16384;

// `source`: whose the request is, which a trusted proxy may have told.
[[nodiscard]] HttpAnswer answer_as_api(const HttpRequest& request, const IPv6Address& source,
                                       const std::function<ApiResponse(const ApiRequest&)>& handler);
// For what is refused before it is a request of the API.
[[nodiscard]] HttpAnswer refuse_as_json(int status, std::string_view reason);

}  // namespace tsp::linux_
