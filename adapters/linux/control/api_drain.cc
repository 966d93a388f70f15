// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

constexpr std::uint64_t kDeadlineSecondsMax = 366ULL * 24 * 3600;

ApiResponse ask_for(const ApiContext& context, AdminCommand command) {
  const auto reply = ask(context, std::move(command));
  if (!reply) return reply.error();
  return respond(200, {{"drain", drain_json(reply->state.value_or(StatusView{}).drain)}});
}

}  // namespace

ApiResponse start_drain(const ApiContext& context) {
  BodyFields fields = BodyFields::of_optional(context.request.body);
  const auto seconds = fields.number("deadline_seconds", kDeadlineSecondsMax);
  if (auto refused = refuse_faulty(fields)) return std::move(*refused);
  DrainRequest command;
  if (seconds) command.deadline = std::chrono::seconds(*seconds);
  return ask_for(context, command);
}

ApiResponse cancel_drain(const ApiContext& context) {
  return ask_for(context, UndrainRequest{});
}

}  // namespace tsp::linux_
