// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <nlohmann/json.hpp>

#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {

using nlohmann::json;

ApiResponse list_brokers(const ApiContext& context) {
  const auto reply = ask(context, ListBrokersRequest{});
  if (!reply) return reply.error();
  json brokers = json::array();
  for (const BrokerView& view : reply->brokers) brokers.push_back(to_json(view));
  return respond(200, {{"brokers", std::move(brokers)}});
}

ApiResponse forget_broker(const ApiContext& context) {
  const auto id = parse_number(context.argument);
  if (!id || *id > std::numeric_limits<std::uint32_t>::max()) return refuse(404, "id: no such broker on the store");
  const auto reply = ask(context, ForgetBrokerRequest{BrokerId{static_cast<std::uint32_t>(*id)}});
  return reply ? respond(200, json::object()) : reply.error();
}

}  // namespace tsp::linux_
