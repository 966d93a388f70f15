// SPDX-License-Identifier: Apache-2.0
//
// A process that commits and acknowledges is killed again and again; what it acknowledged must be there.
#include <array>
#include <csignal>
#include <cstdint>
#include <map>
#include <semaphore>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "adapters/linux/store/sqlite/test_support.h"
#include "core/base/random.h"

namespace tsp::linux_::sqlite {
namespace sqlite_crash_test {

constexpr int kRounds = 40;
constexpr std::uint64_t kIdsPerRound = 1'000'000;
constexpr std::ptrdiff_t kInFlight = 16;

IPv6Prefix address_of(std::uint64_t id) {
  IPv6Address address = port::address("2001:db8::");
  for (std::size_t i = 0; i < 8; ++i) address.octets[15 - i] = static_cast<std::uint8_t>(id >> (8 * i));
  return host_prefix(address);
}

class SqliteCrashTest : public SqliteStoreTest {
 protected:
  // Commits, and writes the id of each acknowledged commit into the pipe, until it is killed.
  [[noreturn]] void commit_for_ever(std::uint64_t first_id, int acknowledgements) const {
    std::counting_semaphore<kInFlight> free(kInFlight);
    const auto acknowledge = [&](const StoreDone& done) {
      if (done.status != StoreStatus::Done) ::_exit(2);
      if (::write(acknowledgements, &done.op.value, sizeof done.op.value) != sizeof done.op.value) ::_exit(3);
      free.release();
    };
    auto store = SqliteStore::open(options_, acknowledge);
    if (!store) ::_exit(4);
    for (std::uint64_t id = first_id;; ++id) {
      free.acquire();
      (*store)->submit(CommitChanges{
          {id}, {AddAccount{account(id)}, PutClaim{port::held(address_of(id), {id})}, PutTunnel{tunnel(id, {id})}}});
    }
  }

  // Kills the process once `count` acknowledgements came, and returns all that were made.
  std::set<std::uint64_t> acknowledged_until_killed(std::uint64_t first_id, std::uint64_t count) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) std::abort();
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      commit_for_ever(first_id, pipe[1]);
    }
    ::close(pipe[1]);
    std::set<std::uint64_t> acknowledged;
    std::uint64_t id = 0;
    while (acknowledged.size() < count && ::read(pipe[0], &id, sizeof id) == sizeof id) acknowledged.insert(id);
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &id, sizeof id) == sizeof id) acknowledged.insert(id);
    ::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    return acknowledged;
  }
};

TEST_F(SqliteCrashTest, NothingAcknowledgedIsLostAndNothingIsHalfDoneWhenTheProcessIsKilled) {
  options_.realm = "broker.example";
  Random random(Seed{42});
  std::set<std::uint64_t> acknowledged;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    // The first rounds are killed while the store is being created.
    const std::uint64_t count = round < 5 ? 0 : random.below(200);
    acknowledged.merge(acknowledged_until_killed(1 + round * kIdsPerRound, count));
  }

  open();
  const StoreDone loaded = load();

  EXPECT_EQ(loaded.detail, "");
  std::set<std::uint64_t> found;
  for (const TunnelRecord& record : loaded.snapshot.tunnels) {
    found.insert(record.id.value);
    EXPECT_EQ(record.login, "login-" + std::to_string(record.id.value)) << "a tunnel without its account";
  }
  EXPECT_EQ(loaded.snapshot.claims.size(), found.size()) << "a commit was done in part";
  for (const std::uint64_t id : acknowledged) EXPECT_TRUE(found.contains(id)) << "lost: " << id;
  EXPECT_GT(acknowledged.size(), 1000u);
}

}  // namespace sqlite_crash_test
}  // namespace tsp::linux_::sqlite
