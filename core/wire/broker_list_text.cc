// SPDX-License-Identifier: Apache-2.0
#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "core/wire/append.h"
#include "core/wire/dns_name.h"
#include "core/wire/message.h"

namespace tsp::wire {

namespace {

constexpr unsigned kRedirectBase = 1000;

void append_broker(std::string& text, const BrokerAddress& broker) {
  append_line(text, "  <broker>");
  std::visit(Overloaded{
                 [&](const IPv4Address& ipv4) { append_address(text, "    ", "ipv4", to_text(ipv4)); },
                 [&](const IPv6Address& ipv6) { append_address(text, "    ", "ipv6", to_text(ipv6)); },
                 [&](const std::string& name) {
                   TSP_ASSERT(valid_dns_name(name));
                   append_address(text, "    ", "dn", name);
                 },
             },
             broker);
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
