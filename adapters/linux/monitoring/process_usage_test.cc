// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tsp::linux_ {
namespace process_usage_test {

TEST(ProcessUsage, IsReadBehindAnyName) {
  const auto usage = parse_process_stat(
      "4242 (ts) pd (x) S 1 4242 4242 0 -1 4194560 900 0 3 0 250 150 0 0 20 0 7 0 5000 104857600 2000 "
      "18446744073709551615 1 1 0",
      100, 4096);

  ASSERT_TRUE(usage);
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 4.0);
  EXPECT_EQ(usage->threads, 7U);
  EXPECT_EQ(usage->virtual_bytes, 104857600U);
  EXPECT_EQ(usage->resident_bytes, 2000U * 4096U);
}

TEST(ProcessUsage, IsNotTakenFromAnythingElse) {
  for (const char* text : {"", "4242 (tspd) S 1 2 3", "4242 tspd S 1", "4242 (tspd) S 1 2 3 4 5 6 7 x"}) {
    EXPECT_FALSE(parse_process_stat(text, 100, 4096)) << text;
  }
}

TEST(ProcessUsage, OfThisProcessSeesItsDescriptors) {
  const ProcessUsage before = read_process_usage();
  const int descriptor = dup(0);
  ASSERT_GE(descriptor, 0);
  const ProcessUsage after = read_process_usage();
  close(descriptor);

  EXPECT_EQ(after.open_descriptors, before.open_descriptors + 1);
  EXPECT_GE(before.open_descriptors, 3U);
  EXPECT_GE(before.threads, 1U);
  EXPECT_GT(before.resident_bytes, 100'000U);
  EXPECT_GT(before.descriptors_max, 3U);
}

}  // namespace process_usage_test
}  // namespace tsp::linux_
