// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/monitoring.h"

#include <string_view>
#include <utility>

#include "adapters/linux/monitoring/health.h"

namespace tsp::linux_ {
namespace {

constexpr const char* kText = "text/plain";

ApiResponse respond(Health health) {
  return {.status = health.good ? 200 : 503, .body = std::move(health.line), .content_type = kText};
}

}  // namespace

std::optional<ApiResponse> Monitoring::handle(const ApiRequest& request) const {
  const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path != "/metrics" && path != "/healthz" && path != "/readyz") return std::nullopt;
  if (request.method != "GET") return ApiResponse{405, "only GET is allowed here", kText, {{"Allow", "GET"}}};
  if (path == "/metrics") return show_metrics();
  const auto broker = sources_.broker();
  return respond(path == "/healthz" ? liveness(broker) : readiness(broker, sources_.stopping()));
}

ApiResponse Monitoring::show_metrics() const {
  Measurements all = sources_.others();
  all.broker = sources_.broker();
  all.ready = readiness(all.broker, sources_.stopping()).good;
  return {.status = 200, .body = to_prometheus(all), .content_type = kPrometheusContentType};
}

}  // namespace tsp::linux_
