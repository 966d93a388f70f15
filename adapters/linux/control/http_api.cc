// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/http_api.h"

#include <string>
#include <utility>

#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

ApiRequest to_api_request(const HttpRequest& request, const IPv6Address& source) {
  const HttpHead& head = request.head;
  return {.method = head.method,
          .target = head.target,
          .body = request.body,
          .idempotency_key = head.idempotency_key,
          .last_event_id = head.last_event_id,
          .credentials = {.uid = request.peer.uid,
                          .source = source,
                          .authorization = head.authorization,
                          .cookie = head.cookie,
                          .csrf_token = head.csrf_token}};
}

HttpAnswer to_http_answer(ApiResponse response) {
  return {.status = response.status,
          .text = std::move(response.body),
          .content_type = std::move(response.content_type),
          .headers = std::move(response.headers),
          .live = std::move(response.live)};
}

// A form of several parts is never the JSON that is expected. curl sends JSON as application/x-www-form-urlencoded
// unless it is told better.
bool is_form(const HttpHead& head) {
  return head.content_type.starts_with("multipart/form-data");
}

}  // namespace

HttpAnswer answer_as_api(const HttpRequest& request, const IPv6Address& source,
                         const std::function<ApiResponse(const ApiRequest&)>& handler) {
  if (is_form(request.head)) return refuse_as_json(415, "a form is not understood; expected JSON");
  return to_http_answer(handler(to_api_request(request, source)));
}

HttpAnswer refuse_as_json(int status, std::string_view reason) {
  return to_http_answer(refuse(status, std::string(reason)));
}

}  // namespace tsp::linux_
