// SPDX-License-Identifier: Apache-2.0
//
// The list of brokers.
#include <string>
#include <vector>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

BrokerRecord broker_record(BrokerId id) {
  BrokerRecord record;
  record.id = id;
  record.addresses.emplace_back(IPv4Address{{198, 51, 100, 1}});
  record.weight = 1;
  record.interval_seconds = 2;
  record.heard = at_second(1'764'000'000);
  return record;
}

TEST_P(StoreContract, ABrokerIsListedAsItWasPut) {
  BrokerRecord full = broker_record({0x7FFFFFFF});
  full.addresses.emplace_back(address("2001:db8::33"), std::uint16_t{3654});
  full.addresses.emplace_back(std::string("ts1.example.net"), std::uint16_t{65535});
  full.region = "eu-west_2.b";
  full.weight = 1000;
  full.capacity = 0xFFFFFFFF;
  full.tunnels = 200'000;
  full.state = BrokerState::Stopped;
  full.pools = {prefix("2001:db8:2::/48"), make_prefix(map_ipv4({{100, 64, 0, 0}}), 96 + 16)};
  BrokerRecord plain = broker_record({1});
  plain.addresses.clear();
  ASSERT_EQ(commit({PutBroker{full}, PutBroker{plain}}), StoreStatus::Done);

  EXPECT_EQ(load().brokers, (std::vector{plain, full}));
  EXPECT_EQ(brokers(), (std::vector{plain, full}));
}

TEST_P(StoreContract, ABrokerOfTheSameIdIsReplaced) {
  BrokerRecord changed = broker_record({2});
  ASSERT_EQ(commit({PutBroker{changed}, PutBroker{broker_record({1})}}), StoreStatus::Done);
  changed.state = BrokerState::Draining;
  changed.tunnels = 7;
  changed.heard = at_second(1'764'000'002);

  ASSERT_EQ(commit({PutBroker{changed}}), StoreStatus::Done);
  harness_->reopen();

  EXPECT_EQ(brokers(), (std::vector{broker_record({1}), changed}));
}

TEST_P(StoreContract, AnErasedBrokerIsNotListed) {
  ASSERT_EQ(commit({PutBroker{broker_record({1})}, PutBroker{broker_record({2})}}), StoreStatus::Done);

  EXPECT_EQ(commit({EraseBroker{{2}}}), StoreStatus::Done);
  EXPECT_EQ(commit({EraseBroker{{2}}}), StoreStatus::Done) << "it is gone already";

  EXPECT_EQ(brokers(), std::vector{broker_record({1})});
}

TEST_P(StoreContract, ABrokerOfARefusedCommitIsNotListed) {
  EXPECT_EQ(commit({PutBroker{broker_record({1})}, DeleteAccount{kAlice}}), StoreStatus::Missing);

  EXPECT_TRUE(brokers().empty());
}

TEST_P(StoreContract, TheTunnelsOfAnAccountAreFoundAtAllBrokers) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutTunnel{tunnel({1}, kAlice, kOtherBroker)},
                    PutTunnel{tunnel({2}, kAnonymous, kOtherBroker)}, PutTunnel{tunnel({3}, kAlice, kBroker)},
                    EvictTunnels{.account = kAlice, .by = kBroker, .reason = EndReason::Replaced}}),
            StoreStatus::Done);

  const auto of_alice = tunnels_of(kAlice);

  ASSERT_EQ(of_alice.size(), 2u);
  EXPECT_EQ(of_alice[0].broker, kOtherBroker);
  EXPECT_EQ(of_alice[0].evicted_by, kBroker);
  EXPECT_EQ(of_alice[1].broker, kBroker);
  EXPECT_EQ(of_alice[1].evicted, std::nullopt);
  EXPECT_TRUE(tunnels_of(kBob).empty());
  EXPECT_TRUE(tunnels_of(kAnonymous).empty()) << "nobody's account";
}

}  // namespace
}  // namespace tsp::port
