// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_access.h"
#include "adapters/linux/control/api_routes.h"
#include "adapters/linux/control/event_streams.h"

namespace tsp::linux_ {

ApiResponse stream_events(const ApiContext& context) {
  if (!context.daemon.events) return refuse(404, "there are no events here");
  const auto still_allowed = [gate = context.gate.shared_from_this(), request = context.request] {
    const auto caller = gate->identify_again(request);
    // Nothing has been revoked, as far as can be told.
    if (!caller) return caller.error().status == 503;
    return !access_fault(*caller, Who::Operator, Area::Events, Intent::Read);
  };
  ApiResponse response;
  response.live =
      context.daemon.events->open(context.request.credentials.source, context.request.last_event_id, still_allowed);
  if (!response.live) {
    response = refuse(429, "too many streams of events");
    response.headers.emplace_back("Retry-After", "10");
    return response;
  }
  response.content_type = "text/event-stream";
  // Else nginx collects what it passes on.
  response.headers.emplace_back("X-Accel-Buffering", "no");
  return response;
}

}  // namespace tsp::linux_
