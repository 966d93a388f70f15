// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/zone_fragment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tsp::linux_::dns {
namespace zone_fragment_test {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kZones = {"0.8.b.d.0.1.0.0.2.ip6.arpa", "5.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
                                         "tunnels.example"};

DesiredRecords delegated(std::string_view prefix, std::vector<std::string> servers) {
  return {.delegations = {{parse_prefix(prefix).value(), std::move(servers)}}};
}

TEST(ZoneFragment, HasTheRecordsOfAllOwnersSorted) {
  const std::vector<DesiredRecords> desired = {delegated("2001:db8:2::/48", {"b.example"}),
                                               delegated("2001:db8:1::/48", {"A.example", "b.example"})};
  EXPECT_EQ(zone_fragment(kZones[0], kZones, desired, 600).value(),
            "; Written by tspd, and written anew at each change.\n"
            "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 600 IN NS a.example.\n"
            "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 600 IN NS b.example.\n"
            "2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 600 IN NS b.example.\n");
}

TEST(ZoneFragment, HasHostNames) {
  const std::vector<DesiredRecords> desired = {
      {.host_names = {{"a.tunnels.example", parse_ipv6("2001:db8::2").value()}}}};
  EXPECT_THAT(zone_fragment("Tunnels.example.", kZones, desired, 60).value(),
              HasSubstr("\na.tunnels.example. 60 IN AAAA 2001:db8::2\n"));
}

TEST(ZoneFragment, HasOnlyWhatLiesInTheZone) {
  const std::vector<DesiredRecords> desired = {delegated("2001:db8:5:a000::/52", {"below.example"}),
                                               delegated("2001:db8:6::/48", {"ns.example"})};
  EXPECT_THAT(zone_fragment(kZones[0], kZones, desired, 60).value(), Not(HasSubstr("below")));
  EXPECT_THAT(zone_fragment(kZones[1], kZones, desired, 60).value(), HasSubstr("\na.5.0.0.0."));
}

TEST(ZoneFragment, ARecordThatIsNotValidIsAnError) {
  const std::vector<DesiredRecords> desired = {delegated("2001:db8:1::/48", {"a\n$INCLUDE b"})};
  EXPECT_FALSE(zone_fragment(kZones[0], kZones, desired, 60));
}

class FragmentFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "fragment-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::size_t files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  std::string folder_;
};

TEST_F(FragmentFile, IsReplacedAsAWholeAndReadableByTheServer) {
  const std::string path = folder_ + "/zone.inc";
  ASSERT_TRUE(write_zone_fragment(path, "a longer text\n"));
  const std::ifstream before(path);
  ASSERT_TRUE(write_zone_fragment(path, "new\n"));
  std::ifstream after(path);
  const std::string text{std::istreambuf_iterator<char>(after), {}};
  EXPECT_EQ(text, "new\n");
  // Who has opened the old one still reads the old one.
  const std::string old{std::istreambuf_iterator<char>(before.rdbuf()), {}};
  EXPECT_EQ(old, "a longer text\n");
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(FragmentFile, ThatCannotBeWrittenIsAnErrorAndLeavesNothing) {
  EXPECT_THAT(write_zone_fragment(folder_ + "/no/zone.inc", "x").error(), HasSubstr("No such file"));
  ASSERT_TRUE(std::filesystem::create_directory(folder_ + "/zone.inc"));
  EXPECT_THAT(write_zone_fragment(folder_ + "/zone.inc", "x").error(), HasSubstr("cannot write"));
  EXPECT_EQ(files(), 1U);
}

}  // namespace zone_fragment_test
}  // namespace tsp::linux_::dns
