// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/datapath_choice.h"

#include <gmock/gmock.h>

namespace tsp::linux_ {
namespace datapath_choice_test {

using testing::AllOf;
using testing::HasSubstr;

class DatapathChoiceTest : public testing::Test {
 protected:
  std::expected<DatapathChoice, std::string> choose(DatapathType wanted, bool module_there, bool ipv4_inside = false) {
    DaemonConfig config;
    config.datapath.type = wanted;
    config.broker.types = {TunnelType::V6UdpV4};
    if (ipv4_inside) config.broker.types.push_back(TunnelType::V4V6);
    return choose_datapath(config, [&]() -> std::expected<void, std::string> {
      ++looks_;
      if (module_there) return {};
      return std::unexpected("the module utun is not loaded");
    });
  }

  int looks_ = 0;
};

TEST_F(DatapathChoiceTest, TunIsTakenWithoutALookAtTheModule) {
  const auto choice = choose(DatapathType::Tun, true);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->type, DatapathType::Tun);
  EXPECT_EQ(choice->reason, "datapath.type says so");
  EXPECT_EQ(looks_, 0) << "looking loads it";
}

TEST_F(DatapathChoiceTest, AutoTakesTheModuleWhereItIs) {
  const auto choice = choose(DatapathType::Auto, true);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->type, DatapathType::Utun);
  EXPECT_EQ(choice->reason, "the kernel has the module utun");
}

TEST_F(DatapathChoiceTest, AutoSaysWhyItIsNotTheModule) {
  const auto choice = choose(DatapathType::Auto, false);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->type, DatapathType::Tun);
  EXPECT_EQ(choice->reason, "the module utun is not loaded");
}

TEST_F(DatapathChoiceTest, AutoTakesTunForIPv4InIPv6) {
  const auto choice = choose(DatapathType::Auto, true, true);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->type, DatapathType::Tun);
  EXPECT_THAT(choice->reason, AllOf(HasSubstr("v4v6"), HasSubstr("tunnel.types")));
}

TEST_F(DatapathChoiceTest, UtunThatIsDemandedIsTakenOrRefused) {
  const auto taken = choose(DatapathType::Utun, true);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->type, DatapathType::Utun);
  const auto refused = choose(DatapathType::Utun, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), "datapath.type: the module utun is not loaded");
}

TEST(DatapathType, HasTheNameOfTheConfiguration) {
  EXPECT_EQ(name(DatapathType::Auto), "auto");
  EXPECT_EQ(name(DatapathType::Tun), "tun");
  EXPECT_EQ(name(DatapathType::Utun), "utun");
}

}  // namespace datapath_choice_test
}  // namespace tsp::linux_
