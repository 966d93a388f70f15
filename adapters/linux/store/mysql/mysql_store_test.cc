// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/mysql_store.h"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/mysql/test_support.h"

namespace tsp::linux_::mysql {
namespace mysql_store_test {

using port::at_second;
using port::held;
using port::host;
using port::prefix;
using testing::HasSubstr;

class MysqlStoreTest : public testing::Test {
 protected:
  void run_elsewhere(const std::string& sql) { server_.run(sql, database_); }
  std::string ask(const std::string& sql) { return server_.ask(sql, database_); }
  // Holds the lock of all commits until it ends.
  auto lock() {
    auto other = server_.connect(database_);
    EXPECT_EQ(mysql_query(other.get(), "BEGIN"), 0);
    EXPECT_EQ(mysql_query(other.get(), "UPDATE store SET probes = 0"), 0);
    return other;
  }
  std::string write_password(const std::string& text, mode_t mode = 0600) {
    const std::string path = server_.folder() + "/password";
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  TestServer& server_ = TestServer::shared();
  const std::string database_ = server_.make_database();
  TestStore store_{options_for(server_, database_)};
};

TEST_F(MysqlStoreTest, APasswordIsReadFromAFileOfItsOwner) {
  run_elsewhere(
      "CREATE OR REPLACE USER keeper@localhost IDENTIFIED BY 'open sesame';"
      " GRANT ALL ON " +
      database_ + ".* TO keeper@localhost");
  store_.options().user = "keeper";
  store_.options().password_file = write_password("open sesame\n");

  store_.open();

  EXPECT_EQ(store_.probe().status, StoreStatus::Done);
}

TEST_F(MysqlStoreTest, AWrongPasswordIsReportedWithItsKeysAndWithoutThePassword) {
  run_elsewhere("CREATE OR REPLACE USER keeper@localhost IDENTIFIED BY 'open sesame'");
  store_.options().user = "keeper";
  store_.options().password_file = write_password("open barley\n");

  const std::string error = store_.open_error();

  EXPECT_THAT(error, HasSubstr(database_ + " at " + server_.socket() + ": the log-in is refused"));
  EXPECT_THAT(error, HasSubstr("store.mysql.password_file"));
  EXPECT_THAT(error, testing::Not(HasSubstr("barley")));
}

TEST_F(MysqlStoreTest, APasswordFileThatOthersCanReadIsRefused) {
  store_.options().password_file = write_password("secret\n", 0640);

  EXPECT_THAT(store_.open_error(), HasSubstr("password is open to others: chmod 600 "));
}

TEST_F(MysqlStoreTest, APasswordFileThatHoldsNoPasswordIsNamed) {
  store_.options().password_file = write_password("\n");
  EXPECT_THAT(store_.open_error(), HasSubstr("is empty"));
  store_.options().password_file = write_password(std::string(5000, 'x'));
  EXPECT_THAT(store_.open_error(), HasSubstr("too long"));
  store_.options().password_file = server_.folder();
  EXPECT_THAT(store_.open_error(), HasSubstr("not a regular file"));
  store_.options().password_file = server_.folder() + "/nowhere";
  EXPECT_THAT(store_.open_error(), HasSubstr("store.mysql.password_file: " + server_.folder() + "/nowhere cannot"));
}

TEST_F(MysqlStoreTest, ADatabaseThatIsNotThereIsNamedWithItsKey) {
  store_.options().database = "nowhere";

  EXPECT_THAT(store_.open_error(), HasSubstr("there is no such database; see store.mysql.database"));
}

TEST_F(MysqlStoreTest, AUserWithoutRightsIsToldSo) {
  run_elsewhere("CREATE OR REPLACE USER guest@localhost");
  store_.options().user = "guest";
  EXPECT_THAT(store_.open_error(), HasSubstr("the user has no right to the database"));

  run_elsewhere("GRANT SELECT ON " + database_ + ".* TO guest@localhost");
  EXPECT_THAT(store_.open_error(), HasSubstr("the user lacks a right to the database"));
}

TEST_F(MysqlStoreTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  run_elsewhere("CREATE TABLE songs (title TEXT)");

  EXPECT_THAT(store_.open_error(), HasSubstr("another program"));

  EXPECT_EQ(ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = database()"), "1");
}

TEST_F(MysqlStoreTest, AStoreOfANewerVersionIsRefused) {
  store_.open();
  store_.close();
  run_elsewhere("INSERT INTO schema_version VALUES (99, '099_future', now(), TRUE)");

  EXPECT_THAT(store_.open_error(), HasSubstr("newer version"));
}

TEST_F(MysqlStoreTest, AnotherRealmIsRefusedWithTheNumberOfAccountsItWouldBreak) {
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}, AddAccount{account(2)}}).status, StoreStatus::Done);
  store_.close();
  store_.options().realm = "other.example";

  const std::string error = store_.open_error();

  EXPECT_THAT(error, HasSubstr("the realm of the store is \"broker.example\", configured is \"other.example\""));
  EXPECT_THAT(error, HasSubstr("2 accounts"));
}

TEST_F(MysqlStoreTest, TheRealmOfAStoreWithoutAccountsChanges) {
  store_.open();
  store_.close();
  store_.options().realm = "other.example";

  store_.open();

  EXPECT_EQ(ask("SELECT realm FROM store"), "other.example");
  EXPECT_EQ(store_.store().realm(), "other.example");
}

TEST_F(MysqlStoreTest, OrdersSubmittedBeforeClosingAreCarriedOutAndReported) {
  store_.open();
  std::vector<OpId> ops;
  for (std::uint64_t id = 1; id <= 100; ++id) ops.push_back(store_.submit_commit({AddAccount{account(id)}}));

  store_.close();

  for (const OpId op : ops) EXPECT_EQ(store_.wait(op).status, StoreStatus::Done);
  EXPECT_EQ(ask("SELECT count(*) FROM accounts"), "100");
}

TEST_F(MysqlStoreTest, VerifiersAreKeptAsHexadecimal) {
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}}).status, StoreStatus::Done);

  EXPECT_EQ(ask("SELECT verifier FROM accounts"), "abcd0000000000000000000000000000");
}

TEST_F(MysqlStoreTest, AnEndedTunnelLeavesOneHistoryRow) {
  store_.open();
  TunnelRecord ended = tunnel(7, {1});
  ended.delegated = prefix("2001:db8:1:100::/56");
  const EraseTunnel erase{{7}, EndReason::Kicked, at_second(200)};
  ASSERT_EQ(store_.commit({AddAccount{account(1)}, PutTunnel{ended}}).status, StoreStatus::Done);

  ASSERT_EQ(store_.commit({DeleteAccount{{1}}, erase}).status, StoreStatus::Done);
  ASSERT_EQ(store_.commit({erase}).status, StoreStatus::Done);

  EXPECT_EQ(ask("SELECT count(*) FROM tunnel_history WHERE tunnel = 7 AND account = 1 AND login = 'login-1'"
                " AND broker = 1 AND type = 1 AND inner_address = x'20010db8000000000000000000000007'"
                " AND delegated_base = x'20010db8000101000000000000000000' AND delegated_length = 56"
                " AND remote_address = x'00000000000000000000ffffc0000207' AND remote_port = 61000"
                " AND created_ns = 100000000000 AND ended_ns = 200000000000 AND reason = 3"),
            "1");
  EXPECT_EQ(ask("SELECT count(*) FROM tunnel_history"), "1");
}

TEST_F(MysqlStoreTest, HistoryIsForgottenAfterItsDays) {
  store_.options().history_kept = std::chrono::days(30);
  store_.open();
  const std::int64_t today = store::HistoryTrimmer::now().since_epoch / std::chrono::days(1);
  run_elsewhere(store::ended_tunnels(1200, today - 31));
  run_elsewhere(store::ended_tunnels(3, today - 29));

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (ask("SELECT count(*) FROM tunnel_history") != "3" && std::chrono::steady_clock::now() < deadline) {
    ASSERT_EQ(store_.probe().status, StoreStatus::Done);  // between whose orders it is done
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(ask("SELECT count(*) FROM tunnel_history"), "3");
  EXPECT_EQ(
      ask("SELECT count(*) FROM tunnel_history WHERE ended_ns DIV 86400000000000 = " + std::to_string(today - 29)),
      "3");
}

TEST_F(MysqlStoreTest, TheAuditLogIsForgottenAfterItsDays) {
  store_.options().audit_kept = std::chrono::days(30);
  store_.open();
  const std::int64_t today = store::HistoryTrimmer::now().since_epoch / std::chrono::days(1);
  run_elsewhere(store::audit_entries(1200, today - 31));
  run_elsewhere(store::audit_entries(3, today - 29));

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (ask("SELECT count(*) FROM audit") != "3" && std::chrono::steady_clock::now() < deadline) {
    ASSERT_EQ(store_.probe().status, StoreStatus::Done);  // between whose orders it is done
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(ask("SELECT count(*) FROM audit"), "3");
}

TEST_F(MysqlStoreTest, UnreadableRowsAreLeftOutAndNamed) {
  store_.open();
  ASSERT_EQ(store_
                .commit({PutClaim{held(host("2001:db8::5"), {1})}, PutClaim{held(host("2001:db8::6"), {2})},
                         PutClaim{held(host("2001:db8::7"), {3})}, PutTunnel{tunnel(8)}, PutTunnel{tunnel(9)}})
                .status,
            StoreStatus::Done);
  run_elsewhere(
      "UPDATE claims SET state = 9 WHERE owner = 1;"
      "UPDATE claims SET last = x'00000000000000000000000000000000' WHERE owner = 3;"
      "UPDATE tunnels SET inner_address = x'00' WHERE id = 8");

  const StoreDone done = store_.load();

  EXPECT_EQ(done.status, StoreStatus::Done);
  EXPECT_EQ(done.snapshot.claims, std::vector{held(host("2001:db8::6"), {2})});
  EXPECT_EQ(done.snapshot.tunnels, std::vector{tunnel(9)});
  EXPECT_THAT(done.detail, HasSubstr("3 unreadable rows"));
  EXPECT_THAT(done.detail, HasSubstr("claim 20010db8000000000000000000000005: state is out of range"));
  EXPECT_THAT(done.detail, HasSubstr("claim 20010db8000000000000000000000007: last is not the last address"));
  EXPECT_THAT(done.detail, HasSubstr("tunnel 8: inner_address is not 16 bytes long"));
}

TEST_F(MysqlStoreTest, AnUnreadableClaimIsNotGivenToAnybody) {
  store_.open();
  ASSERT_EQ(store_.commit({PutClaim{held(prefix("2001:db8:1:100::/56"), {1})}}).status, StoreStatus::Done);
  run_elsewhere("UPDATE claims SET state = 9, last = base");

  EXPECT_EQ(store_.commit({PutClaim{held(host("2001:db8:1:100::1"), {2})}}).status, StoreStatus::Taken);
  EXPECT_EQ(store_.commit({PutClaim{held(prefix("2001:db8:1::/48"), {2})}}).status, StoreStatus::Taken);
}

TEST_F(MysqlStoreTest, AnUnreadableAccountIsNotFoundAndNamed) {
  store_.open();
  ASSERT_EQ(store_.commit({AddAccount{account(1)}, AddAccount{account(2)}}).status, StoreStatus::Done);
  run_elsewhere("UPDATE accounts SET verifier = 'abc' WHERE id = 1");

  const StoreDone damaged = store_.find("login-1");

  EXPECT_EQ(damaged.status, StoreStatus::Done);
  EXPECT_TRUE(damaged.accounts.empty());
  EXPECT_THAT(damaged.detail, HasSubstr("account 1: verifier"));
  EXPECT_EQ(store_.find("login-2").accounts.size(), 1u);
}

TEST_F(MysqlStoreTest, LongTextsAreReadWhole) {
  store_.open();
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("ns" + std::to_string(i) + "." + std::string(60, 'x') + ".example");
  const PutNameServers few{.account = {2}, .names = {"ns.example"}};
  ASSERT_EQ(store_.commit({AddAccount{account(1)}, AddAccount{account(2)}, PutNameServers{{1}, names}, few}).status,
            StoreStatus::Done);

  EXPECT_EQ(store_.find("login-1").accounts.at(0).name_servers, names);
  EXPECT_EQ(store_.find("login-2").accounts.at(0).name_servers, few.names);
  EXPECT_EQ(store_.find("login-1").accounts.at(0).name_servers, names);
}

TEST_F(MysqlStoreTest, CommitsThatWaitTogetherShareATransaction) {
  store_.open();
  auto other = lock();
  const std::uint64_t before = store_.store().transactions();
  std::vector<OpId> ops;
  for (std::uint64_t id = 1; id <= 300; ++id) ops.push_back(store_.submit_commit({AddAccount{account(id)}}));

  other.reset();

  for (const OpId op : ops) EXPECT_EQ(store_.wait(op).status, StoreStatus::Done);
  // The first may have begun to wait for the lock before the others came.
  EXPECT_LE(store_.store().transactions() - before, 2u);
}

TEST_F(MysqlStoreTest, OrdersOverTheLimitOfTheQueueAreRefused) {
  store_.options().queue_limit = 10;
  store_.open();
  auto other = lock();
  std::vector<OpId> ops;
  for (std::uint64_t id = 1; id <= 50; ++id) ops.push_back(store_.submit_commit({AddAccount{account(id)}}));

  other.reset();

  std::size_t refused = 0;
  for (const OpId op : ops) refused += store_.wait(op).status == StoreStatus::Unavailable ? 1 : 0;
  // Ten wait, and at most ten more were taken off the queue before the lock stopped the writer.
  EXPECT_GE(refused, 30u);
  EXPECT_LE(refused, 40u);
}

TEST_F(MysqlStoreTest, TheServersOwnSettingsDoNotMatter) {
  run_elsewhere(
      "SET GLOBAL sql_mode = '', GLOBAL autocommit = 0, GLOBAL time_zone = '+07:00';"
      " SET GLOBAL TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
  store_.open();
  const StoreDone done = store_.commit({AddAccount{account(1)}});
  Account too_long = account(2);
  too_long.login = std::string(254, 'x');
  const StoreDone refused = store_.commit({AddAccount{too_long}});
  store_.close();
  run_elsewhere(
      "SET GLOBAL sql_mode = DEFAULT, GLOBAL autocommit = 1, GLOBAL time_zone = 'SYSTEM';"
      " SET GLOBAL TRANSACTION ISOLATION LEVEL REPEATABLE READ");

  EXPECT_EQ(done.status, StoreStatus::Done);
  EXPECT_EQ(ask("SELECT count(*) FROM accounts"), "1");
  EXPECT_EQ(refused.status, StoreStatus::Unavailable) << "it was cut off";
}

}  // namespace mysql_store_test
}  // namespace tsp::linux_::mysql
