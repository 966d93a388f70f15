// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "adapters/linux/config/load.h"

namespace tsp::linux_ {
namespace reload_test {

using testing::ElementsAre;

class ReloadConfig : public testing::Test {
 protected:
  ReloadConfig() {
    write("prefix = \"2001:db8:1::/48\"\n");
    running_ = load_config(path_).value();
  }
  ~ReloadConfig() override { std::remove(path_.c_str()); }

  void write(const std::string& text) { std::ofstream(path_) << text; }

  DaemonConfig running_;
  const std::string path_ = testing::TempDir() + "reload_test.toml";
};

TEST_F(ReloadConfig, ChangedKeysTakeTheirNewValues) {
  write("prefix = \"2001:db8:1::/48\"\n[tunnel]\nmtu = 1300\n");

  const auto wanted = reload_config(path_, running_);
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->broker.tunnel_mtu, 1300);
}

TEST_F(ReloadConfig, FaultOfTheFileRefusesAllOfIt) {
  write("prefix = \"2001:db8:1::/48\"\n[tunnel]\nmtu = 1300\nlifetime_minutes = 0\n");

  const auto wanted = reload_config(path_, running_);
  ASSERT_FALSE(wanted);
  EXPECT_THAT(wanted.error(), ElementsAre(path_ + ":4: tunnel.lifetime_minutes: expected a whole number from 1 to "
                                                  "525600, found 0"));
}

TEST_F(ReloadConfig, KeyThatNeedsARestartRefusesAllOfIt) {
  write("prefix = \"2001:db8:1::/48\"\n[tunnel]\nmtu = 1300\n[store]\npath = \"/tmp/other.db\"\n");

  const auto wanted = reload_config(path_, running_);
  ASSERT_FALSE(wanted);
  EXPECT_THAT(wanted.error(), ElementsAre(path_ + ":5: store.path: cannot change without a restart"));
}

TEST_F(ReloadConfig, KeyThatWasTakenOutHasNoLine) {
  write("prefix = \"2001:db8:1::/48\"\n[store]\npath = \"/tmp/other.db\"\n");
  running_ = load_config(path_).value();
  write("prefix = \"2001:db8:1::/48\"\n");

  const auto wanted = reload_config(path_, running_);
  ASSERT_FALSE(wanted);
  EXPECT_THAT(wanted.error(), ElementsAre(path_ + ": store.path: cannot change without a restart"));
}

}  // namespace reload_test
}  // namespace tsp::linux_
