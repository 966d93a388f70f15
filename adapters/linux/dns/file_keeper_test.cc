// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "adapters/linux/dns/dns_keeper.h"

namespace tsp::linux_::dns {
namespace file_keeper_test {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;
using Phase = OwnerState::Phase;

constexpr AccountId kAlice{11};
constexpr AccountId kBob{22};
const std::string kZone = "8.b.d.0.1.0.0.2.ip6.arpa";

PublishDns publication(AccountId account, std::string_view prefix, const std::string& name_server) {
  const DnsDelegation delegation{.prefix = parse_prefix(prefix).value(), .name_servers = {name_server}};
  return {.account = account, .records = {.delegations = {delegation}, .host_name = {}}};
}

class FileKeeperTest : public testing::Test {
 protected:
  FileKeeperTest() {
    std::string pattern = testing::TempDir() + "zones_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    keeper_ =
        keep_in_files(io_, folder_, {.zones = {kZone}, .limits = {.owners_max = 2, .pause_min = milliseconds(1)}});
  }
  ~FileKeeperTest() override {
    keeper_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Lets the loop run until it is so.
  bool run_until(const std::function<bool()>& wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!wanted() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_for(milliseconds(5));
    }
    return wanted();
  }
  bool is_done(AccountId account) {
    const auto state = keeper_->state(account);
    return state && state->phase == Phase::Done;
  }
  std::string file() const {
    std::ifstream in(folder_ + '/' + kZone + ".inc");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  asio::io_context io_;
  std::string folder_;
  std::unique_ptr<DnsKeeper> keeper_;
};

TEST_F(FileKeeperTest, NothingIsWrittenBeforeEveryAccountIsKnown) {
  keeper_->execute(publication(kAlice, "2001:db8:1::/48", "a.example"));
  keeper_->retry();
  io_.run_for(milliseconds(20));
  EXPECT_EQ(file(), "");
  EXPECT_EQ(keeper_->state(kAlice)->phase, Phase::Pending);
  keeper_->execute(publication(kBob, "2001:db8:2::/48", "b.example"));
  keeper_->execute(DnsComplete{});

  ASSERT_TRUE(run_until([&] { return is_done(kAlice) && is_done(kBob); }));
  EXPECT_THAT(file(), HasSubstr("1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 3600 IN NS a.example.\n"));
  EXPECT_THAT(file(), HasSubstr("2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 3600 IN NS b.example.\n"));
  EXPECT_TRUE(keeper_->state(kAlice)->done_at.has_value());
}

TEST_F(FileKeeperTest, ChangesAreWrittenAndWhatIsWithdrawnIsGone) {
  keeper_->execute(DnsComplete{});
  keeper_->execute(publication(kAlice, "2001:db8:1::/48", "a.example"));
  ASSERT_TRUE(run_until([&] { return is_done(kAlice); }));
  keeper_->execute(publication(kAlice, "2001:db8:1::/48", "z.example"));
  EXPECT_EQ(keeper_->state(kAlice)->phase, Phase::Pending);
  ASSERT_TRUE(run_until([&] { return is_done(kAlice); }));
  EXPECT_THAT(file(), HasSubstr("NS z.example."));
  EXPECT_THAT(file(), Not(HasSubstr("NS a.example.")));
  keeper_->execute(WithdrawDns{.account = kAlice, .formerly = {}});

  EXPECT_EQ(keeper_->state(kAlice), std::nullopt);
  EXPECT_TRUE(run_until([&] { return file().find("NS") == std::string::npos; }));
}

TEST_F(FileKeeperTest, AFolderThatIsNotThereIsTriedUntilItIs) {
  std::filesystem::remove_all(folder_);
  keeper_->execute(DnsComplete{});
  keeper_->execute(publication(kAlice, "2001:db8:1::/48", "a.example"));
  ASSERT_TRUE(run_until([&] { return !keeper_->summary().error.empty(); }));
  EXPECT_THAT(keeper_->state(kAlice)->error, HasSubstr(folder_));
  std::filesystem::create_directory(folder_);

  EXPECT_TRUE(run_until([&] { return is_done(kAlice); }));
  EXPECT_EQ(keeper_->summary().error, "");
  EXPECT_EQ(keeper_->summary().done, 1U);
}

TEST_F(FileKeeperTest, AnAccountBeyondTheLimitHasNoRecords) {
  for (const AccountId account : {kAlice, kBob, AccountId{33}}) {
    keeper_->execute(publication(account, "2001:db8:1::/48", "a.example"));
  }
  EXPECT_EQ(keeper_->state(AccountId{33}), std::nullopt);
  EXPECT_EQ(keeper_->summary().pending, 2U);
}

TEST_F(FileKeeperTest, AKeeperThatGoesWhileItsFileIsBeingWrittenLeavesNothingToBeCalled) {
  keeper_->execute(DnsComplete{});
  keeper_.reset();
  io_.restart();
  EXPECT_GE(io_.poll(), 0U);
  EXPECT_THAT(file(), HasSubstr("Written by tspd"));
}

}  // namespace file_keeper_test
}  // namespace tsp::linux_::dns
