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

  const ReloadPlan plan = plan_reload(path_, running_);
  ASSERT_TRUE(plan.wanted);
  EXPECT_EQ(plan.wanted->broker.tunnel_mtu, 1300);
  EXPECT_THAT(plan.obstacles(), ElementsAre());
  EXPECT_EQ(plan.names_of_changes(), "tunnel.mtu");
  ASSERT_EQ(plan.changes.size(), 1U);
  EXPECT_EQ(plan.changes[0].from, "1280");
  EXPECT_EQ(plan.changes[0].to, "1300");
  EXPECT_FALSE(plan.changes[0].needs_restart);
}

TEST_F(ReloadConfig, FaultOfTheFileRefusesAllOfIt) {
  write("prefix = \"2001:db8:1::/48\"\n[tunnel]\nmtu = 1300\nlifetime_minutes = 0\n");

  const ReloadPlan plan = plan_reload(path_, running_);
  ASSERT_FALSE(plan.wanted);
  EXPECT_THAT(plan.obstacles(), ElementsAre(path_ + ":4: tunnel.lifetime_minutes: expected a whole number from 1 to "
                                                    "525600, found 0"));
}

TEST_F(ReloadConfig, KeyThatNeedsARestartRefusesAllOfIt) {
  write("prefix = \"2001:db8:1::/48\"\n[tunnel]\nmtu = 1300\n[store]\npath = \"/tmp/other.db\"\n");

  const ReloadPlan plan = plan_reload(path_, running_);
  ASSERT_FALSE(plan.wanted);
  EXPECT_THAT(plan.obstacles(), ElementsAre(path_ + ":5: store.path: cannot change without a restart"));
}

TEST_F(ReloadConfig, WhatWouldChangeIsToldAlsoIfItNeedsARestart) {
  write("prefix = \"2001:db8:1::/48\"\n[tunnel]\nmtu = 1300\n[store]\npath = \"/tmp/other.db\"\n");

  const ReloadPlan plan = plan_reload(path_, running_);
  EXPECT_EQ(plan.names_of_changes(), "store.path, tunnel.mtu");
  ASSERT_EQ(plan.changes.size(), 2U);
  EXPECT_TRUE(plan.changes[0].needs_restart);
  EXPECT_EQ(plan.changes[0].to, "\"/tmp/other.db\"");
}

TEST_F(ReloadConfig, AServerAddressThatFollowsFromOtherKeysIsNamed) {
  write("prefix = \"2001:db8:1::/48\"\n[pool]\nhosts = \"2001:db8:1:2::/64\"\n");

  EXPECT_EQ(plan_reload(path_, running_).names_of_changes(), "pool.server_address, pool.hosts");
}

TEST_F(ReloadConfig, AFileThatIsTheSameChangesNothing) {
  const ReloadPlan plan = plan_reload(path_, running_);
  EXPECT_TRUE(plan.wanted);
  EXPECT_EQ(plan.names_of_changes(), "nothing");
}

TEST_F(ReloadConfig, AFileThatIsNotThereIsNamed) {
  EXPECT_THAT(plan_reload("/nonexistent.toml", running_).obstacles(),
              ElementsAre("/nonexistent.toml: cannot be read: No such file or directory"));
}

TEST_F(ReloadConfig, KeyThatWasTakenOutHasNoLine) {
  write("prefix = \"2001:db8:1::/48\"\n[store]\npath = \"/tmp/other.db\"\n");
  running_ = load_config(path_).value();
  write("prefix = \"2001:db8:1::/48\"\n");

  const ReloadPlan plan = plan_reload(path_, running_);
  ASSERT_FALSE(plan.wanted);
  EXPECT_THAT(plan.obstacles(), ElementsAre(path_ + ": store.path: cannot change without a restart"));
}

}  // namespace reload_test
}  // namespace tsp::linux_
