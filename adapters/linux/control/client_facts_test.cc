// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/client_facts.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace client_facts_test {

TEST(ClientFacts, APrefixIsHeldOrNotThere) {
  AccountRecord account;
  account.account.login = "alice";
  account.prefixes = {Claim{.prefix = *parse_prefix("2001:db8:0:200::/60"), .state = ClaimState::Offered}};
  EXPECT_EQ(client_facts(account, std::nullopt).login, "alice");
  EXPECT_EQ(client_facts(account, std::nullopt).held_prefix, std::nullopt);
  account.prefixes.push_back(Claim{.prefix = *parse_prefix("2001:db8:0:100::/56"), .state = ClaimState::Held});
  EXPECT_EQ(client_facts(account, std::nullopt).held_prefix, parse_prefix("2001:db8:0:100::/56"));
  EXPECT_EQ(client_facts(account, std::nullopt).tunnel, std::nullopt);
}

TEST(SignallingPort, IsThatOfTheAddressOfTheTunnel) {
  const IPv4Address address{{192, 0, 2, 1}};
  const IPv6Address ipv4 = map_ipv4(address);
  const IPv6Address ipv6 = *parse_ipv6("2001:db8::53");
  const BrokerAddress any4(IPv4Address{}, 3654);
  const BrokerAddress any6(IPv6Address{}, 3655);

  EXPECT_EQ(signalling_port({any4}, ipv4), 3654);
  EXPECT_EQ(signalling_port({any6, any4}, ipv4), 3654);
  EXPECT_EQ(signalling_port({any6, any4}, ipv6), 3655);
  EXPECT_EQ(signalling_port({any4, BrokerAddress(IPv4Address{{192, 0, 2, 7}}, 3656), BrokerAddress(address)}, ipv4),
            3653);
}

TEST(SignallingPort, IsElseThatOfAnAddressOfItsFamilyOrOfAName) {
  const IPv6Address local = map_ipv4({{10, 0, 0, 1}});
  const BrokerAddress name("ts1.example.net", 3655);
  const BrokerAddress ipv4(IPv4Address{{192, 0, 2, 1}}, 3654);
  const BrokerAddress ipv6(*parse_ipv6("2001:db8::53"), 3656);

  EXPECT_EQ(signalling_port({name, ipv4, BrokerAddress(IPv4Address{{192, 0, 2, 2}}, 3657)}, local), 3654);
  EXPECT_EQ(signalling_port({ipv6, name}, local), 3655);
  EXPECT_EQ(signalling_port({ipv6}, local), std::nullopt);
  EXPECT_EQ(signalling_port({}, local), std::nullopt);
}

}  // namespace client_facts_test
}  // namespace tsp::linux_
