// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

constexpr const char* kOff = "the configuration has no section [dns]: nothing is done in the DNS";
constexpr const char* kLate = "the daemon did not answer in time";

}  // namespace

ApiResponse show_dns(const ApiContext& context) {
  if (!context.dns.status) return refuse(404, kOff);
  const auto status = context.dns.status();
  return status ? respond(200, to_json(*status)) : refuse(503, kLate);
}

ApiResponse retry_dns(const ApiContext& context) {
  if (!context.dns.retry) return refuse(404, kOff);
  if (const auto noted = ask(context, NoteRequest{.action = "dns.retry"}); !noted) return noted.error();
  return context.dns.retry() ? respond(200, nlohmann::json::object()) : refuse(503, kLate);
}

}  // namespace tsp::linux_
