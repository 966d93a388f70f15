// SPDX-License-Identifier: Apache-2.0
#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "core/wire/append.h"
#include "core/wire/dns_name.h"
#include "core/wire/message.h"

namespace tsp::wire {

namespace {

// Old clients read a port only where they expect a name.
std::string_view type_of(const BrokerAddress& broker) {
  if (broker.port != kTspPort) return "dn";
  return std::visit(Overloaded{
                        [](const IPv4Address&) { return "ipv4"; },
                        [](const IPv6Address&) { return "ipv6"; },
                        [](const std::string&) { return "dn"; },
                    },
                    broker.host);
}

void append_broker(std::string& text, const BrokerAddress& broker) {
  const auto* name = std::get_if<std::string>(&broker.host);
  TSP_ASSERT(name == nullptr || valid_dns_name(*name));
  append_line(text, "  <broker>");
  append_address(text, "    ", type_of(broker), to_text(broker));
  append_line(text, "  </broker>");
}

}  // namespace

std::string redirect(Status status, const std::vector<BrokerAddress>& brokers) {
  TSP_ASSERT(!brokers.empty());  // clients give up at an empty list
  std::string text;
  append_line(text, std::to_string(kRedirectBase + static_cast<unsigned>(status)), " ", title(status));
  append_line(text, R"(<tunnel action="list" type="broker">)");
  for (const BrokerAddress& broker : brokers) append_broker(text, broker);
  append_line(text, "</tunnel>");
  return text;
}

}  // namespace tsp::wire
