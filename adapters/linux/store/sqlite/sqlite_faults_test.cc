// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sqlite3.h>
#include <unistd.h>

#include "adapters/linux/store/sqlite/failure.h"
#include "adapters/linux/store/sqlite/statement.h"
#include "adapters/linux/store/sqlite/test_support.h"

namespace tsp::linux_::sqlite {
namespace sqlite_faults_test {

using port::held;
using port::host;
using testing::HasSubstr;

// Makes SQLite's writes fail with an error of the operating system.
class WriteFaults {
 public:
  WriteFaults() {
    replace("write", reinterpret_cast<sqlite3_syscall_ptr>(&WriteFaults::write));
    replace("pwrite", reinterpret_cast<sqlite3_syscall_ptr>(&WriteFaults::pwrite));
    replace("pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(&WriteFaults::pwrite));
  }
  ~WriteFaults() {
    for (const char* name : {"write", "pwrite", "pwrite64"}) replace(name, nullptr);
    error_ = 0;
  }
  WriteFaults(const WriteFaults&) = delete;
  WriteFaults& operator=(const WriteFaults&) = delete;

  static void fail_with(int error) { error_ = error; }
  static void heal() { error_ = 0; }

 private:
  static void replace(const char* name, sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    // A call that this build of SQLite does not use is not found; that is no error here.
    vfs->xSetSystemCall(vfs, name, call);
  }
  static ssize_t write(int fd, const void* data, size_t size) {
    if (fails()) return -1;
    return ::write(fd, data, size);
  }
  static ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
    if (fails()) return -1;
    return ::pwrite(fd, data, size, offset);
  }
  static bool fails() {
    if (error_ == 0) return false;
    errno = error_;
    return true;
  }

  static inline std::atomic<int> error_ = 0;
};

class SqliteFaultsTest : public SqliteStoreTest {
 protected:
  void expect_healthy(std::uint64_t unused_id) {
    EXPECT_EQ(probe().status, StoreStatus::Done);
    EXPECT_EQ(commit({AddAccount{account(unused_id)}}).status, StoreStatus::Done);
    EXPECT_EQ(find("login-" + std::to_string(unused_id)).accounts.size(), 1u);
  }
  std::int64_t first_page_of_accounts() {
    Connection other = other_program();
    Statement select(other, "SELECT rootpage FROM sqlite_schema WHERE name = 'accounts'");
    auto rows = select.query();
    if (!rows || !rows->next().value()) std::abort();
    return sqlite3_column_int64(rows->statement(), 0);
  }
};

TEST_F(SqliteFaultsTest, ALockOfAnotherProgramIsReportedAndRecoveredFrom) {
  options_.busy_timeout = std::chrono::milliseconds(10);
  open();
  Connection other = other_program();
  ASSERT_TRUE(other.run("BEGIN EXCLUSIVE"));

  const StoreDone refused = commit({AddAccount{account(1)}});
  EXPECT_EQ(refused.status, StoreStatus::Unavailable);
  EXPECT_THAT(refused.detail, HasSubstr("locked by another program"));
  EXPECT_EQ(probe().status, StoreStatus::Unavailable);

  other.roll_back();
  EXPECT_TRUE(find("login-1").accounts.empty());
  expect_healthy(1);
}

TEST_F(SqliteFaultsTest, AFullDiskIsReportedAndRecoveredFrom) {
  const WriteFaults faults;
  open();
  WriteFaults::fail_with(ENOSPC);

  const StoreDone refused = commit({AddAccount{account(1)}, PutClaim{held(host("2001:db8::5"), {1})}});
  EXPECT_EQ(refused.status, StoreStatus::Unavailable);
  EXPECT_THAT(refused.detail, HasSubstr("full"));
  EXPECT_EQ(probe().status, StoreStatus::Unavailable);
  EXPECT_EQ(find("login-1").status, StoreStatus::Done);

  WriteFaults::heal();
  EXPECT_TRUE(load().snapshot.claims.empty());
  expect_healthy(1);
}

TEST_F(SqliteFaultsTest, ACommitThatTheDiskReportsAnErrorForHasAnUnknownOutcome) {
  const WriteFaults faults;
  open();
  WriteFaults::fail_with(EIO);

  const StoreDone lost = commit({AddAccount{account(1)}});
  EXPECT_EQ(lost.status, StoreStatus::Unknown);
  EXPECT_THAT(lost.detail, HasSubstr("disk reports an error"));

  WriteFaults::heal();
  EXPECT_EQ(commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  expect_healthy(2);
}

TEST_F(SqliteFaultsTest, AFaultOfOneCommitDoesNotHarmTheOthersInItsTransaction) {
  open();
  // A trigger stands in for a statement that fails for a reason of its own.
  run_elsewhere(
      "CREATE TRIGGER fails BEFORE INSERT ON accounts WHEN new.id = 13"
      " BEGIN SELECT raise(ABORT, 'no thirteen'); END");
  Connection other = other_program();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  const OpId before = submit_commit({AddAccount{account(12)}});
  const OpId failing = submit_commit({PutTunnel{tunnel(13)}, AddAccount{account(13)}});
  const OpId after = submit_commit({AddAccount{account(14)}});
  other.roll_back();

  const StoreDone failed = completions_.take(failing);
  EXPECT_EQ(failed.status, StoreStatus::Unavailable);
  EXPECT_THAT(failed.detail, HasSubstr("no thirteen"));
  EXPECT_EQ(completions_.take(before).status, StoreStatus::Done);
  EXPECT_EQ(completions_.take(after).status, StoreStatus::Done);
  EXPECT_TRUE(load().snapshot.tunnels.empty());
}

TEST_F(SqliteFaultsTest, AFaultThatEndsTheTransactionFailsAllInItAndNoneAfterIt) {
  open();
  run_elsewhere(
      "CREATE TRIGGER fails BEFORE INSERT ON accounts WHEN new.id = 13"
      " BEGIN SELECT raise(ROLLBACK, 'no thirteen'); END");
  Connection other = other_program();
  ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
  std::vector<OpId> ops;
  for (std::uint64_t id = 12; id <= 14; ++id) ops.push_back(submit_commit({AddAccount{account(id)}}));
  other.roll_back();

  std::vector<StoreStatus> statuses;
  for (const OpId op : ops) statuses.push_back(completions_.take(op).status);

  EXPECT_EQ(statuses.at(1), StoreStatus::Unavailable);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const bool there = !find("login-" + std::to_string(12 + i)).accounts.empty();
    EXPECT_EQ(there, statuses[i] == StoreStatus::Done);
  }
  expect_healthy(15);
}

TEST_F(SqliteFaultsTest, ADamagedDatabaseIsReported) {
  open();
  ASSERT_EQ(commit({AddAccount{account(1)}}).status, StoreStatus::Done);
  const std::int64_t page = first_page_of_accounts();
  close();
  std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * 4096);
  file << std::string(4096, '\xFF');
  file.close();
  open();

  const StoreDone read = find("login-1");
  EXPECT_EQ(read.status, StoreStatus::Unavailable);
  EXPECT_THAT(read.detail, HasSubstr("damaged"));
  EXPECT_EQ(commit({AddAccount{account(2)}}).status, StoreStatus::Unavailable);
}

TEST(DescribeCode, NamesTheCauseInWords) {
  EXPECT_THAT(describe_code(SQLITE_BUSY, "m"), HasSubstr("locked"));
  EXPECT_THAT(describe_code(SQLITE_LOCKED, "m"), HasSubstr("locked"));
  EXPECT_THAT(describe_code(SQLITE_FULL, "m"), HasSubstr("full"));
  EXPECT_THAT(describe_code(SQLITE_READONLY_DBMOVED, "m"), HasSubstr("read-only"));
  EXPECT_THAT(describe_code(SQLITE_IOERR_FSYNC, "m"), HasSubstr("disk reports an error"));
  EXPECT_THAT(describe_code(SQLITE_CORRUPT_INDEX, "m"), HasSubstr("damaged"));
  EXPECT_THAT(describe_code(SQLITE_CANTOPEN, "m"), HasSubstr("cannot be opened"));
  EXPECT_THAT(describe_code(SQLITE_IOERR_FSYNC, "the message"), HasSubstr("SQLite 1034: the message"));
}

}  // namespace sqlite_faults_test
}  // namespace tsp::linux_::sqlite
