// SPDX-License-Identifier: Apache-2.0
//
// Two brokers, each at its own node of a Galera cluster. Locks hold within a node only: what excludes one broker from
// what the other has is that the nodes compare transactions when they are committed.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/greedy_broker.h"
#include "adapters/linux/store/mysql/test_support.h"

namespace tsp::linux_::mysql {
namespace mysql_galera_test {

std::string node_options(std::uint16_t port, const std::string& cluster) {
  const auto at = [](std::uint16_t number) { return "127.0.0.1:" + std::to_string(number); };
  return "--skip-networking --binlog-format=ROW --innodb-autoinc-lock-mode=2 --wsrep-on=ON"
         " --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-name=tspbroker --wsrep-sst-method=rsync"
         " --wsrep-node-address=" +
         at(port) + " --wsrep-sst-receive-address=" + at(free_port()) + " --wsrep-cluster-address=gcomm://" + cluster +
         " --wsrep-provider-options='gmcast.listen_addr=tcp://" + at(port) + ";ist.recv_addr=" + at(free_port()) +
         ";gcache.size=16M'";
}

class MysqlGaleraTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::uint16_t port = free_port();
    first_ = std::make_unique<TestServer>();
    first_->stop();
    start(*first_, node_options(port, "") + " --wsrep-new-cluster", "1");
    database_ = first_->make_database();
    second_ = std::make_unique<TestServer>(TestServer::Joiner());
    start(*second_, node_options(free_port(), "127.0.0.1:" + std::to_string(port)), "2");
  }
  static void TearDownTestSuite() {
    second_.reset();
    first_.reset();
  }
  // Waits until the node serves in a cluster of so many.
  static void start(TestServer& server, const std::string& options, const std::string& cluster_size) {
    server.start(options);
    const std::string ask =
        "SELECT group_concat(variable_value ORDER BY variable_name) FROM information_schema.global_status"
        " WHERE variable_name IN ('wsrep_cluster_size', 'wsrep_ready')";
    for (int i = 0; i < 300 && server.ask(ask) != cluster_size + ",ON"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    ASSERT_EQ(server.ask(ask), cluster_size + ",ON") << "see " << server.folder() << "/server.log";
  }

  static inline std::unique_ptr<TestServer> first_;
  static inline std::unique_ptr<TestServer> second_;
  static inline std::string database_;
};

TEST_F(MysqlGaleraTest, BrokersAtTwoNodesNeverGiveTheSamePrefixToTwoAccounts) {
  const auto conflicts = [](TestServer& server) {
    return server.ask(
        "SELECT sum(variable_value) FROM information_schema.global_status"
        " WHERE variable_name IN ('wsrep_local_cert_failures', 'wsrep_local_bf_aborts')");
  };
  GreedyBrokers brokers;
  brokers.push_back(std::make_unique<GreedyBroker>(*first_, database_, 1));
  brokers.push_back(std::make_unique<GreedyBroker>(*second_, database_, 2));

  run_together(brokers, 300);

  expect_agreement(brokers);
  EXPECT_NE(conflicts(*first_) + conflicts(*second_), "00") << "the nodes had nothing to decide";
}

TEST_F(MysqlGaleraTest, WhatOneBrokerHasCommittedTheOtherSeesAtItsNode) {
  TestStore first(options_for(*first_, database_, {1}));
  TestStore second(options_for(*second_, database_, {2}));
  first.open();
  second.open();
  for (std::uint64_t i = 1; i <= 50; ++i) {
    ASSERT_EQ(first.commit({AddAccount{account(i)}}).status, StoreStatus::Done);
    EXPECT_EQ(second.find(account(i).login).accounts.size(), 1u);
  }
}

TEST_F(MysqlGaleraTest, AnAccountThatGoesToTheOtherNodesBrokerIsEvictedAtTheFirst) {
  TestStore first(options_for(*first_, database_, {1}));
  TestStore second(options_for(*second_, database_, {2}));
  first.open();
  second.open();
  const AccountId owner{1000};
  TunnelRecord here = tunnel(1001, owner);
  TunnelRecord there = tunnel(1002, owner);
  there.broker = {2};
  ASSERT_EQ(first.commit({AddAccount{account(owner.value)}, PutTunnel{here}}).status, StoreStatus::Done);

  ASSERT_EQ(second.commit({PutTunnel{there}, EvictTunnels{.account = owner, .by = {2}}}).status, StoreStatus::Done);

  first.store().submit(FindEvicted{{9'000}, {1}});
  const StoreDone found = first.wait({9'000});
  ASSERT_EQ(found.snapshot.tunnels.size(), 1u);
  EXPECT_EQ(found.snapshot.tunnels[0].id, here.id);
  EXPECT_EQ(found.snapshot.tunnels[0].evicted_by, BrokerId{2});
  EXPECT_EQ(first.commit({PutTunnel{here}}).status, StoreStatus::Taken) << "it cannot come back";
}

}  // namespace mysql_galera_test
}  // namespace tsp::linux_::mysql
