// SPDX-License-Identifier: Apache-2.0
//
// What happens to a server, and to the way there.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/test_support.h"
#include "adapters/linux/store/mysql/test_wire.h"

namespace tsp::linux_::mysql {
namespace mysql_faults_test {

using port::at_second;
using port::held;
using port::host;
using testing::HasSubstr;

// A store behind a wire, on the server that all share.
class MysqlWireTest : public testing::Test {
 protected:
  MysqlWireTest() {
    store_.options().socket = wire_.path();
    store_.options().timeout = std::chrono::seconds(2);
    store_.open();
  }

  TestServer& server_ = TestServer::shared();
  const std::string database_ = server_.make_database();
  TestWire wire_{server_.folder() + "/wire-" + database_, server_.socket()};
  TestStore store_{options_for(server_, database_)};
};

TEST_F(MysqlWireTest, AConnectionLostUnnoticedIsReplacedWithoutAnError) {
  for (int round = 1; round <= 3; ++round) {
    ASSERT_EQ(store_.commit({AddAccount{account(static_cast<std::uint64_t>(round))}}).status, StoreStatus::Done);
    ASSERT_EQ(store_.find("login-1").status, StoreStatus::Done);

    server_.run("KILL USER root");

    const StoreDone committed = store_.commit({AddAccount{account(100 + static_cast<std::uint64_t>(round))}});
    EXPECT_EQ(committed.status, StoreStatus::Done) << committed.detail;
    EXPECT_EQ(store_.find("login-1").accounts.size(), 1u);
  }
}

TEST_F(MysqlWireTest, ACommitThatDidNotArriveHasAnUnknownOutcome) {
  wire_.set(TestWire::Mode::CutBeforeCommit);

  const StoreDone lost = store_.commit({AddAccount{account(1)}});

  EXPECT_EQ(lost.status, StoreStatus::Unknown);
  EXPECT_THAT(lost.detail, HasSubstr("the connection to the server was lost"));
  EXPECT_TRUE(store_.find("login-1").accounts.empty());
  EXPECT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
}

TEST_F(MysqlWireTest, ACommitWhoseAnswerDidNotArriveIsDoneOnceWhenItIsRepeated) {
  ASSERT_EQ(store_.commit({PutTunnel{tunnel(7)}}).status, StoreStatus::Done);
  const std::vector<StoreChange> changes = {AddAccount{account(1)}, PutClaim{held(host("2001:db8::5"), {1})},
                                            EraseTunnel{{7}, EndReason::Kicked, at_second(9)}};
  wire_.set(TestWire::Mode::CutAfterCommit);

  EXPECT_EQ(store_.commit(changes).status, StoreStatus::Unknown);

  EXPECT_EQ(store_.find("login-1").accounts.size(), 1u);
  EXPECT_EQ(store_.commit(changes).status, StoreStatus::Done);
  EXPECT_EQ(server_.ask("SELECT count(*) FROM tunnel_history", database_), "1");
}

TEST_F(MysqlWireTest, AWireThatSwallowsEverythingIsNoticedAndRecoveredFrom) {
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  wire_.set(TestWire::Mode::Swallow);

  const StoreDone lost = store_.commit({AddAccount{account(2)}});
  EXPECT_EQ(lost.status, StoreStatus::Unavailable);
  EXPECT_EQ(store_.find("login-1").status, StoreStatus::Unavailable);

  wire_.set(TestWire::Mode::Pass);
  EXPECT_TRUE(store_.comes_back());
  EXPECT_TRUE(store_.find("login-2").accounts.empty());
  EXPECT_EQ(store_.commit({AddAccount{account(2)}}).status, StoreStatus::Done);
}

TEST_F(MysqlWireTest, ManyReadsTogetherWaitForOneTimeout) {
  wire_.set(TestWire::Mode::Swallow);
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 1; i <= 200; ++i) store_.store().submit(FindAccount{{10'000 + i}, "login"});

  for (std::uint64_t i = 1; i <= 200; ++i) EXPECT_EQ(store_.wait({10'000 + i}).status, StoreStatus::Unavailable);

  // One for the connection that was there, one for another, and a few that are begun in between; 200 would be 400 s.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST_F(MysqlWireTest, ADeadlockIsTriedAgainUntilItIsDone) {
  const Claim claim = held(host("2001:db8::5"), {1});
  ASSERT_EQ(store_.commit({PutClaim{claim}}).status, StoreStatus::Done);
  // An operator, whose transaction is the larger one: the server sacrifices the smaller.
  const auto other = server_.connect(database_);
  const auto run = [&](const std::string& sql) { return mysql_query(other.get(), sql.c_str()); };
  ASSERT_EQ(run("SET innodb_lock_wait_timeout = 60"), 0);
  ASSERT_EQ(run("BEGIN"), 0);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(run("INSERT INTO name_servers VALUES (" + std::to_string(1000 + i) + ", 'ns.example')"), 0);
  }
  ASSERT_EQ(run("UPDATE claims SET until_ns = 1"), 0);

  const OpId op = store_.submit_commit({PutClaim{held(host("2001:db8::5"), {1}, {2})}});
  while (server_.ask("SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'") != "1") {
    ASSERT_FALSE(store_.completions().has(op)) << "it did not wait for the row";
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // the table is made anew after 0.1 s without readers
  }
  ASSERT_EQ(run("UPDATE store SET probes = probes WHERE id = 1"), 0) << mysql_error(other.get());
  ASSERT_EQ(run("COMMIT"), 0);

  EXPECT_EQ(store_.wait(op).status, StoreStatus::Done);
  EXPECT_EQ(server_.ask("SELECT broker FROM claims", database_), "2");
}

TEST_F(MysqlWireTest, AForeignLockIsWaitedForAWhileAndThenReported) {
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  const auto other = server_.connect(database_);
  ASSERT_EQ(mysql_query(other.get(), "BEGIN"), 0);
  ASSERT_EQ(mysql_query(other.get(), "UPDATE store SET probes = 0"), 0);
  const OpId blocked = store_.submit_commit({AddAccount{account(2)}});

  EXPECT_EQ(store_.find("login-1").accounts.size(), 1u) << "a read waited for a commit";
  const StoreDone refused = store_.wait(blocked);
  EXPECT_EQ(refused.status, StoreStatus::Unavailable);
  EXPECT_THAT(refused.detail, HasSubstr("another transaction was in the way"));

  const OpId patient = store_.submit_commit({AddAccount{account(2)}});
  // Longer than one attempt waits for a lock.
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  ASSERT_EQ(mysql_query(other.get(), "ROLLBACK"), 0);
  EXPECT_EQ(store_.wait(patient).status, StoreStatus::Done);
}

TEST_F(MysqlWireTest, AFaultOfOneCommitDoesNotHarmTheOthersInItsTransaction) {
  server_.run(
      "CREATE TRIGGER fails BEFORE INSERT ON accounts FOR EACH ROW BEGIN IF new.id = 13 THEN"
      " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no thirteen'; END IF; END",
      database_);
  const auto other = server_.connect(database_);
  ASSERT_EQ(mysql_query(other.get(), "BEGIN"), 0);
  ASSERT_EQ(mysql_query(other.get(), "UPDATE store SET probes = 0"), 0);
  const OpId before = store_.submit_commit({AddAccount{account(12)}});
  const OpId failing = store_.submit_commit({PutTunnel{tunnel(13)}, AddAccount{account(13)}});
  const OpId after = store_.submit_commit({AddAccount{account(14)}});
  ASSERT_EQ(mysql_query(other.get(), "ROLLBACK"), 0);

  const StoreDone failed = store_.wait(failing);
  EXPECT_EQ(failed.status, StoreStatus::Unavailable);
  EXPECT_THAT(failed.detail, HasSubstr("no thirteen"));
  EXPECT_EQ(store_.wait(before).status, StoreStatus::Done);
  EXPECT_EQ(store_.wait(after).status, StoreStatus::Done);
  EXPECT_TRUE(store_.load().snapshot.tunnels.empty());
}

TEST_F(MysqlWireTest, AConnectionThatIsNotUsedIsKept) {
  ASSERT_EQ(store_.probe().status, StoreStatus::Done);
  ASSERT_EQ(store_.find("login-1").status, StoreStatus::Done);
  const std::string ids =
      "SELECT group_concat(id ORDER BY id) FROM information_schema.processlist WHERE db = '" + database_ + "'";
  const std::string before = server_.ask(ids);

  // The server ends connections that are silent for 10 s.
  std::this_thread::sleep_for(std::chrono::seconds(14));

  EXPECT_EQ(server_.ask(ids), before);
  EXPECT_THAT(before, HasSubstr(","));
}

// A server that a test may stop, and a user like one in service: without the right to write to a read-only server.
class MysqlServerFaultsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<TestServer>();
    add_user(*server_);
  }
  static void add_user(TestServer& server) {
    server.run(
        "CREATE USER broker@localhost; GRANT ALL ON *.* TO broker@localhost;"
        " REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM broker@localhost");
  }
  static void TearDownTestSuite() { server_.reset(); }

  MysqlServerFaultsTest() {
    store_.options().user = "broker";
    store_.options().timeout = std::chrono::seconds(2);
  }

  static inline std::unique_ptr<TestServer> server_;
  const std::string database_ = server_->make_database();
  TestStore store_{options_for(*server_, database_)};
};

TEST_F(MysqlServerFaultsTest, AServerThatWasKilledIsReportedAndLosesNothing) {
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  server_->kill();

  const StoreDone refused = store_.commit({AddAccount{account(2)}});
  EXPECT_EQ(refused.status, StoreStatus::Unavailable);
  EXPECT_THAT(refused.detail, HasSubstr("the server cannot be reached"));
  EXPECT_EQ(store_.find("login-1").status, StoreStatus::Unavailable);
  EXPECT_EQ(store_.probe().status, StoreStatus::Unavailable);

  server_->start();
  EXPECT_TRUE(store_.comes_back());
  EXPECT_EQ(store_.find("login-1").accounts.size(), 1u);
  EXPECT_TRUE(store_.find("login-2").accounts.empty());
}

TEST_F(MysqlServerFaultsTest, AServerThatIsRestartedInGoodOrderIsUsedAgain) {
  store_.open();
  for (int round = 0; round < 2; ++round) {
    server_->stop();
    server_->start();
    EXPECT_TRUE(store_.comes_back());
    EXPECT_EQ(store_.load().status, StoreStatus::Done);
  }
}

TEST_F(MysqlServerFaultsTest, AServerThatHangsIsNoticedAndRecoveredFrom) {
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  server_->pause();

  EXPECT_NE(store_.commit({AddAccount{account(2)}}).status, StoreStatus::Done);
  EXPECT_EQ(store_.find("login-1").status, StoreStatus::Unavailable);

  server_->resume();
  EXPECT_TRUE(store_.comes_back());
  EXPECT_EQ(store_.find("login-1").accounts.size(), 1u);
  EXPECT_EQ(store_.commit({AddAccount{account(2)}}).status, StoreStatus::Done);
}

TEST_F(MysqlServerFaultsTest, AReadOnlyServerIsReportedAndRead) {
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  server_->run("SET GLOBAL read_only = 1");

  const StoreDone refused = store_.commit({AddAccount{account(2)}});
  EXPECT_EQ(refused.status, StoreStatus::Unavailable);
  EXPECT_THAT(refused.detail, HasSubstr("the server is read-only"));
  EXPECT_EQ(store_.probe().status, StoreStatus::Unavailable);
  EXPECT_EQ(store_.find("login-1").accounts.size(), 1u);

  server_->run("SET GLOBAL read_only = 0");
  EXPECT_TRUE(store_.comes_back());
  EXPECT_TRUE(store_.find("login-2").accounts.empty());
}

// The old one answers on connections that it has, as behind a proxy that leaves them alone.
TEST_F(MysqlServerFaultsTest, AServerThatTakesAnothersPlaceIsWrittenToAndReadFrom) {
  TestServer successor;
  add_user(successor);
  successor.run("CREATE DATABASE " + database_);
  const std::string place = server_->folder() + "/place-" + database_;
  std::filesystem::create_symlink(server_->socket(), place);
  store_.options().socket = place;
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  ASSERT_EQ(store_.find("login-1").accounts.size(), 1u);
  TestStore replica(options_for(successor, database_));
  replica.open();
  ASSERT_EQ(replica.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  replica.close();

  server_->run("SET GLOBAL read_only = 1");
  std::filesystem::remove(place);
  std::filesystem::create_symlink(successor.socket(), place);

  EXPECT_EQ(store_.commit({AddAccount{account(2)}}).status, StoreStatus::Done) << "in the very next order";
  EXPECT_EQ(store_.find("login-2").accounts.size(), 1u) << "it was read at the old one";
  EXPECT_EQ(successor.ask("SELECT count(*) FROM accounts", database_), "2");
  EXPECT_EQ(server_->ask("SELECT count(*) FROM accounts", database_), "1");
  server_->run("SET GLOBAL read_only = 0");
}

TEST_F(MysqlServerFaultsTest, AStoreIsOpenedWhileItsServerIsAwayAndServesOnceItIsThere) {
  server_->stop();

  store_.open();
  EXPECT_THAT(store_.store().away(), HasSubstr("the server cannot be reached"));
  EXPECT_EQ(store_.probe().status, StoreStatus::Unavailable);
  EXPECT_EQ(store_.load().status, StoreStatus::Unavailable);

  server_->start();
  EXPECT_TRUE(store_.comes_back());
  EXPECT_EQ(store_.load().status, StoreStatus::Done);
  EXPECT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);
}

TEST_F(MysqlServerFaultsTest, NothingDoneIsLostAndNothingIsHalfDoneWhenTheServerIsKilledAgainAndAgain) {
  store_.open();
  std::set<std::uint64_t> done;
  std::uint64_t id = 0;
  for (int round = 0; round < 4; ++round) {
    std::vector<std::pair<OpId, std::uint64_t>> sent;
    const auto send_one = [&] {
      ++id;
      sent.emplace_back(store_.submit_commit({AddAccount{account(id)}, PutTunnel{tunnel(id, {id})}}), id);
    };
    for (int i = 0; i < 300; ++i) send_one();
    while (!store_.completions().has(sent.front().first)) std::this_thread::yield();
    server_->kill();
    for (int i = 0; i < 20; ++i) send_one();
    for (const auto& [op, number] : sent) {
      if (store_.wait(op).status == StoreStatus::Done) done.insert(number);
    }
    server_->start();
    EXPECT_TRUE(store_.comes_back());
  }

  const StoreDone loaded = store_.load();
  std::set<std::uint64_t> found;
  for (const TunnelRecord& record : loaded.snapshot.tunnels) {
    found.insert(record.id.value);
    EXPECT_EQ(record.login, account(record.id.value).login) << "a tunnel without its account";
  }
  for (const std::uint64_t number : done) EXPECT_TRUE(found.contains(number)) << "lost: " << number;
  EXPECT_EQ(server_->ask("SELECT count(*) FROM accounts", database_), std::to_string(found.size()));
  EXPECT_GE(done.size(), 4u);
}

}  // namespace mysql_faults_test
}  // namespace tsp::linux_::mysql
