// SPDX-License-Identifier: Apache-2.0
//
// Several brokers on one database, which write at the same time.
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/greedy_broker.h"
#include "adapters/linux/store/mysql/test_support.h"

namespace tsp::linux_::mysql {
namespace mysql_brokers_test {

using testing::HasSubstr;

TEST(MysqlBrokers, NeverGiveTheSamePrefixToTwoAccounts) {
  TestServer& server = TestServer::shared();
  const std::string database = server.make_database();
  GreedyBrokers brokers;
  for (std::uint32_t id = 1; id <= 3; ++id) brokers.push_back(std::make_unique<GreedyBroker>(server, database, id));

  run_together(brokers, 400);

  expect_agreement(brokers);
}

TEST(MysqlBrokers, OneLoginIsTakenOnce) {
  TestServer& server = TestServer::shared();
  const std::string database = server.make_database();
  TestStore first(options_for(server, database, {1}));
  TestStore second(options_for(server, database, {2}));
  first.open();
  second.open();
  for (std::uint64_t i = 1; i <= 50; ++i) {
    Account one = account(i);
    Account other = account(1000 + i);
    other.login = one.login;
    const OpId op = first.submit_commit({AddAccount{one}});
    const OpId other_op = second.submit_commit({AddAccount{other}});

    const bool won = first.wait(op).status == StoreStatus::Done;
    const StoreDone lost = second.wait(other_op);

    EXPECT_EQ(lost.status, won ? StoreStatus::Taken : StoreStatus::Done) << lost.detail;
  }
}

TEST(MysqlBrokers, WhatOneHasCommittedTheOthersSee) {
  TestServer& server = TestServer::shared();
  const std::string database = server.make_database();
  TestStore first(options_for(server, database, {1}));
  TestStore second(options_for(server, database, {2}));
  first.open();
  second.open();
  for (std::uint64_t i = 1; i <= 50; ++i) {
    ASSERT_EQ(first.commit({AddAccount{account(i)}}).status, StoreStatus::Done);
    EXPECT_EQ(second.find(account(i).login).accounts.size(), 1u);
  }
}

TEST(MysqlBrokers, TwoOfTheSameIdAreOneTooMany) {
  TestServer& server = TestServer::shared();
  const std::string database = server.make_database();
  TestStore first(options_for(server, database, {7}));
  first.open();
  TestStore second(options_for(server, database, {7}));

  EXPECT_THAT(second.open_error(), HasSubstr("another tspd serves this database as broker 7"));
  EXPECT_THAT(second.open_error(), HasSubstr("server.broker_id"));

  first.close();
  second.open();
  EXPECT_EQ(second.probe().status, StoreStatus::Done);
}

TEST(MysqlBrokers, ThatStartTogetherOnAnEmptyDatabaseMakeOneSchema) {
  TestServer& server = TestServer::shared();
  for (int round = 0; round < 5; ++round) {
    const std::string database = server.make_database();
    std::vector<std::jthread> threads;
    for (std::uint32_t id = 1; id <= 4; ++id) {
      threads.emplace_back([&server, database, id] {
        TestStore store(options_for(server, database, {id}));
        store.open();
        EXPECT_EQ(store.commit({AddAccount{account(id)}}).status, StoreStatus::Done);
      });
    }
    threads.clear();
    EXPECT_EQ(server.ask("SELECT count(*) FROM accounts", database), "4");
    EXPECT_EQ(server.ask("SELECT count(*) FROM store", database), "1");
  }
}

}  // namespace mysql_brokers_test
}  // namespace tsp::linux_::mysql
