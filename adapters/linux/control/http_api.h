// SPDX-License-Identifier: Apache-2.0
//
// The API over HTTP, whatever the socket: what a request and a response are on both sides.
#pragma once

#include <cstddef>
#include <string_view>

#include "adapters/linux/control/api.h"
#include "adapters/linux/http/http_request.h"
#include "adapters/linux/http/http_response.h"

namespace tsp::linux_ {

inline constexpr std::size_t kApiBodyBytesMax = 16384;

// `source`: whose the request is, which a trusted proxy may have told.
[[nodiscard]] ApiRequest to_api_request(const HttpRequest& request, const IPv6Address& source);
[[nodiscard]] HttpAnswer to_http_answer(ApiResponse response);
// For what is refused before it is a request of the API.
[[nodiscard]] HttpAnswer refuse_as_json(int status, std::string_view reason);
// A form of several parts, which is never the JSON that is expected.
[[nodiscard]] bool is_form(const HttpHead& head);

}  // namespace tsp::linux_
