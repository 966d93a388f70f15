// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/sqlite_store.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/test_support.h"

namespace tsp::linux_::sqlite {
namespace sqlite_store_test {

using port::at_second;
using port::held;
using port::host;
using port::prefix;
using testing::HasSubstr;

mode_t permissions(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

// The test's thread loses root's right to write everything; threads it makes inherit that.
class WithoutPrivilege {
 public:
  static constexpr uid_t kNobody = 65534;

  WithoutPrivilege() : before_(static_cast<uid_t>(::setfsuid(::geteuid() == 0 ? kNobody : ::geteuid()))) {}
  ~WithoutPrivilege() { ::setfsuid(before_); }

 private:
  uid_t before_;
};

TEST_F(SqliteStoreTest, OnlyTheOwnerCanReadTheFiles) {
  const mode_t before = ::umask(0);
  open();
  ASSERT_EQ(commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  ::umask(before);

  EXPECT_EQ(permissions(options_.path), 0600u);
  EXPECT_EQ(permissions(options_.path + "-wal"), 0600u);
  EXPECT_EQ(permissions(options_.path + "-shm"), 0600u);
}

TEST_F(SqliteStoreTest, PermissionsThatAreTooWideAreTakenAway) {
  open();
  close();
  ASSERT_EQ(::chmod(options_.path.c_str(), 0644), 0);

  open();

  EXPECT_EQ(permissions(options_.path), 0600u);
}

TEST_F(SqliteStoreTest, AFileThatCannotBeCreatedIsNamed) {
  options_.path = directory_.file("no-such-directory/tspd.db");

  EXPECT_THAT(open_error(), HasSubstr(options_.path + ": the file cannot be created"));
}

TEST_F(SqliteStoreTest, ADirectoryIsNotAStore) {
  options_.path = directory_.path();

  EXPECT_THAT(open_error(), HasSubstr("not a regular file"));
}

TEST_F(SqliteStoreTest, AReadOnlyFileIsRefused) {
  open();
  close();
  ASSERT_EQ(::chmod(options_.path.c_str(), 0400), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(options_.path.c_str(), WithoutPrivilege::kNobody, static_cast<gid_t>(-1)), 0);
  }
  const WithoutPrivilege without_privilege;

  EXPECT_THAT(open_error(), HasSubstr("read-only"));
}

TEST_F(SqliteStoreTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  std::ofstream(options_.path) << std::string(5000, 'x');

  EXPECT_THAT(open_error(), HasSubstr("not an SQLite database"));

  EXPECT_EQ(std::filesystem::file_size(options_.path), 5000u);
}

TEST_F(SqliteStoreTest, ADatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  std::ofstream(options_.path).close();
  run_elsewhere("CREATE TABLE songs (title)");

  EXPECT_THAT(open_error(), HasSubstr("another program"));

  Connection other = other_program();
  EXPECT_TRUE(other.run("SELECT title FROM songs"));
  EXPECT_FALSE(other.run("SELECT * FROM accounts"));
}

TEST_F(SqliteStoreTest, AStoreOfANewerVersionIsRefused) {
  open();
  close();
  run_elsewhere("INSERT INTO schema_version VALUES (99, '099_future', '2099-01-01')");

  EXPECT_THAT(open_error(), HasSubstr("newer version"));
  EXPECT_THAT(open_error(), HasSubstr("99"));
}

TEST_F(SqliteStoreTest, TheRealmIsFixedWhenTheStoreIsCreated) {
  open("broker.example");
  EXPECT_EQ(store_->realm(), "broker.example");
  close();

  open("");

  EXPECT_EQ(store_->realm(), "broker.example");
}

TEST_F(SqliteStoreTest, AnotherRealmIsRefusedWithTheNumberOfAccountsItWouldBreak) {
  open("broker.example");
  ASSERT_EQ(commit({AddAccount{account(1)}, AddAccount{account(2)}, AddAccount{account(3)}}).status, StoreStatus::Done);
  close();

  const std::string error = open_error("other.example");

  EXPECT_THAT(error, HasSubstr("broker.example"));
  EXPECT_THAT(error, HasSubstr("other.example"));
  EXPECT_THAT(error, HasSubstr("3 accounts"));
  open("broker.example");
}

TEST_F(SqliteStoreTest, TheRealmOfAStoreWithoutAccountsChanges) {
  open("broker.example");
  close();
  open("other.example");
  close();

  open("");

  EXPECT_EQ(store_->realm(), "other.example");
}

TEST_F(SqliteStoreTest, OrdersSubmittedBeforeClosingAreCarriedOutAndReported) {
  open();
  std::vector<OpId> ops;
  for (std::uint64_t id = 1; id <= 100; ++id) ops.push_back(submit_commit({AddAccount{account(id)}}));

  close();

  for (const OpId op : ops) EXPECT_EQ(completions_.take(op).status, StoreStatus::Done);
  open();
  EXPECT_EQ(find("login-100").accounts.size(), 1u);
}

TEST_F(SqliteStoreTest, VerifiersAreKeptAsHexadecimal) {
  open();
  ASSERT_EQ(commit({AddAccount{account(1)}}).status, StoreStatus::Done);

  Connection other = other_program();
  Statement select(other, "SELECT count(*) FROM accounts WHERE verifier = 'abcd0000000000000000000000000000'");
  auto rows = select.query();
  ASSERT_TRUE(rows && rows->next());
  EXPECT_EQ(sqlite3_column_int64(rows->statement(), 0), 1);
}

TEST_F(SqliteStoreTest, AnEndedTunnelLeavesOneHistoryRow) {
  open();
  TunnelRecord ended = tunnel(7, {1});
  ended.delegated = prefix("2001:db8:1:100::/56");
  const EraseTunnel erase{{7}, EndReason::Kicked, at_second(200)};
  ASSERT_EQ(commit({AddAccount{account(1)}, PutTunnel{ended}}).status, StoreStatus::Done);

  ASSERT_EQ(commit({DeleteAccount{{1}}, erase}).status, StoreStatus::Done);
  ASSERT_EQ(commit({erase}).status, StoreStatus::Done);

  Connection other = other_program();
  Statement select(other,
                   "SELECT count(*) FROM tunnel_history WHERE tunnel = 7 AND account = 1 AND login = 'login-1'"
                   " AND broker = 1 AND type = 1 AND inner_address = x'20010db8000000000000000000000007'"
                   " AND delegated_base = x'20010db8000101000000000000000000' AND delegated_length = 56"
                   " AND remote_address = x'00000000000000000000ffffc0000207' AND remote_port = 61000"
                   " AND created_ns = 100000000000 AND ended_ns = 200000000000 AND reason = 3"
                   " AND (SELECT count(*) FROM tunnel_history) = 1");
  auto rows = select.query();
  ASSERT_TRUE(rows && rows->next());
  EXPECT_EQ(sqlite3_column_int64(rows->statement(), 0), 1);
}

TEST_F(SqliteStoreTest, HistoryIsForgottenAfterItsDays) {
  options_.history_kept = std::chrono::days(30);
  open();
  const std::int64_t today = store::HistoryTrimmer::now().since_epoch / std::chrono::days(1);
  run_elsewhere(store::ended_tunnels(1200, today - 31).c_str());
  run_elsewhere(store::ended_tunnels(3, today - 29).c_str());

  const auto left = [this] { return count_elsewhere("SELECT count(*) FROM tunnel_history"); };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (left() > 3 && std::chrono::steady_clock::now() < deadline) {
    ASSERT_EQ(probe().status, StoreStatus::Done);  // between whose orders it is done
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(left(), 3);
  EXPECT_EQ(count_elsewhere(
                ("SELECT count(*) FROM tunnel_history WHERE ended_ns / 86400000000000 = " + std::to_string(today - 29))
                    .c_str()),
            3);
}

TEST_F(SqliteStoreTest, TheAuditLogIsForgottenAfterItsDays) {
  options_.audit_kept = std::chrono::days(30);
  open();
  const std::int64_t today = store::HistoryTrimmer::now().since_epoch / std::chrono::days(1);
  run_elsewhere(store::audit_entries(1200, today - 31).c_str());
  run_elsewhere(store::audit_entries(3, today - 29).c_str());

  const auto left = [this] { return count_elsewhere("SELECT count(*) FROM audit"); };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (left() > 3 && std::chrono::steady_clock::now() < deadline) {
    ASSERT_EQ(probe().status, StoreStatus::Done);  // between whose orders it is done
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(left(), 3);
}

TEST_F(SqliteStoreTest, UnreadableRowsAreLeftOutAndNamed) {
  open();
  ASSERT_EQ(commit({PutClaim{held(host("2001:db8::5"), {1})}, PutClaim{held(host("2001:db8::6"), {2})},
                    PutClaim{held(host("2001:db8::7"), {3})}, PutTunnel{tunnel(8)}, PutTunnel{tunnel(9)}})
                .status,
            StoreStatus::Done);
  run_elsewhere(
      "UPDATE claims SET state = 9 WHERE owner = 1;"
      "UPDATE claims SET last = x'00000000000000000000000000000000' WHERE owner = 3;"
      "UPDATE tunnels SET inner_address = x'00' WHERE id = 8");

  const StoreDone done = load();

  EXPECT_EQ(done.status, StoreStatus::Done);
  EXPECT_EQ(done.snapshot.claims, std::vector{held(host("2001:db8::6"), {2})});
  EXPECT_EQ(done.snapshot.tunnels, std::vector{tunnel(9)});
  EXPECT_THAT(done.detail, HasSubstr("3 unreadable rows"));
  EXPECT_THAT(done.detail, HasSubstr("claim 20010db8000000000000000000000005: state is out of range"));
  EXPECT_THAT(done.detail, HasSubstr("claim 20010db8000000000000000000000007: last is not the last address"));
  EXPECT_THAT(done.detail, HasSubstr("tunnel 8: inner_address is not 16 bytes long"));
}

TEST_F(SqliteStoreTest, ManyUnreadableRowsAreCountedAndAFewNamed) {
  open();
  std::vector<StoreChange> changes;
  for (std::uint64_t id = 1; id <= 500; ++id) changes.emplace_back(PutTunnel{tunnel(id)});
  ASSERT_EQ(commit(changes).status, StoreStatus::Done);
  run_elsewhere("UPDATE tunnels SET type = 77");

  const StoreDone done = load();

  EXPECT_TRUE(done.snapshot.tunnels.empty());
  EXPECT_THAT(done.detail, HasSubstr("500 unreadable rows"));
  EXPECT_LT(done.detail.size(), 500u);
}

TEST_F(SqliteStoreTest, AnUnreadableAccountIsNotFoundAndNamed) {
  open();
  ASSERT_EQ(commit({AddAccount{account(1)}, AddAccount{account(2)}}).status, StoreStatus::Done);
  run_elsewhere("UPDATE accounts SET verifier = 'abc' WHERE id = 1");

  const StoreDone damaged = find("login-1");

  EXPECT_EQ(damaged.status, StoreStatus::Done);
  EXPECT_TRUE(damaged.accounts.empty());
  EXPECT_THAT(damaged.detail, HasSubstr("account 1: verifier"));
  EXPECT_EQ(find("login-2").accounts.size(), 1u);
}

TEST_F(SqliteStoreTest, NameServersThatAreNoNamesAreLeftOutAndNamed) {
  open();
  ASSERT_EQ(commit({AddAccount{account(1)}, PutNameServers{.account = {1}, .names = {"ns.example"}}}).status,
            StoreStatus::Done);
  for (const char* names : {"ns.example $(reboot)", "ns.example  ns2.example", "a\nb"}) {
    const std::string damage = "UPDATE name_servers SET names = '" + std::string(names) + "'";
    run_elsewhere(damage.c_str());

    const StoreDone done = find("login-1");

    ASSERT_EQ(done.accounts.size(), 1u) << names;
    EXPECT_TRUE(done.accounts[0].name_servers.empty()) << names;
    EXPECT_THAT(done.detail, HasSubstr("name servers of account 1: names")) << names;
  }
}

TEST_F(SqliteStoreTest, AnUnreadableClaimIsNotGivenToAnybody) {
  open();
  ASSERT_EQ(commit({PutClaim{held(prefix("2001:db8:1:100::/56"), {1})}}).status, StoreStatus::Done);
  run_elsewhere("UPDATE claims SET state = 9");

  EXPECT_EQ(commit({PutClaim{held(host("2001:db8:1:100::1"), {2})}}).status, StoreStatus::Taken);
}

TEST_F(SqliteStoreTest, CommitsThatWaitTogetherShareATransaction) {
  open();
  Connection other = other_program();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  const std::uint64_t before = store_->transactions();
  std::vector<OpId> ops;
  for (std::uint64_t id = 1; id <= 300; ++id) ops.push_back(submit_commit({AddAccount{account(id)}}));

  other.roll_back();

  for (const OpId op : ops) EXPECT_EQ(completions_.take(op).status, StoreStatus::Done);
  // The first may have begun to wait for the lock before the others came.
  EXPECT_LE(store_->transactions() - before, 2u);
  EXPECT_GE(store_->transactions() - before, 1u);
}

TEST_F(SqliteStoreTest, ReadsDoNotWaitForABlockedCommit) {
  open();
  ASSERT_EQ(commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  Connection other = other_program();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  const OpId blocked = submit_commit({AddAccount{account(2)}});

  EXPECT_EQ(find("login-1").accounts.size(), 1u);
  EXPECT_EQ(load().status, StoreStatus::Done);
  EXPECT_FALSE(completions_.has(blocked));

  other.roll_back();
  EXPECT_EQ(completions_.take(blocked).status, StoreStatus::Done);
}

TEST_F(SqliteStoreTest, OrdersOverTheLimitOfTheQueueAreRefused) {
  options_.queue_limit = 10;
  open();
  Connection other = other_program();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  std::vector<OpId> ops;
  for (std::uint64_t id = 1; id <= 50; ++id) ops.push_back(submit_commit({AddAccount{account(id)}}));

  other.roll_back();

  std::size_t refused = 0;
  for (const OpId op : ops) {
    const StoreDone done = completions_.take(op);
    if (done.status == StoreStatus::Done) continue;
    ++refused;
    EXPECT_EQ(done.status, StoreStatus::Unavailable);
    EXPECT_THAT(done.detail, HasSubstr("too many"));
  }
  // Ten wait, and at most ten more were taken off the queue before the lock stopped the writer.
  EXPECT_GE(refused, 30u);
  EXPECT_LE(refused, 40u);
  EXPECT_EQ(completions_.left(), 0u);
}

}  // namespace sqlite_store_test
}  // namespace tsp::linux_::sqlite
