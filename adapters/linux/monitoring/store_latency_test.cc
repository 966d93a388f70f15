// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/store_latency.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tsp::linux_ {
namespace store_latency_test {

using std::chrono::milliseconds;

Instant at(Duration since_boot) {
  return {since_boot};
}

constexpr std::size_t kFind = 1;
constexpr std::size_t kCommit = 4;

TEST(StoreLatency, EachKindOfOrderHasItsOwnHistogram) {
  StoreLatency latency;
  latency.submitted(CommitChanges{.op = OpId{1}, .changes = {}}, at(milliseconds(100)));
  latency.submitted(FindAccount{.op = OpId{2}, .login = "alice"}, at(milliseconds(100)));
  latency.completed(OpId{2}, at(milliseconds(101)));
  latency.completed(OpId{1}, at(milliseconds(160)));
  const StoreLatency::View view = latency.view();

  EXPECT_EQ(StoreLatency::kOrderNames[kFind], "find_account");
  EXPECT_EQ(view[kFind].counts[0], 1U) << "one millisecond is in the bucket that ends there";
  EXPECT_EQ(StoreLatency::kOrderNames[kCommit], "commit");
  EXPECT_EQ(view[kCommit].counts[6], 1U) << "60 ms";
  EXPECT_DOUBLE_EQ(view[kCommit].sum_seconds, 0.06);
}

TEST(StoreLatency, WhatTakesLongerThanAllBucketsIsCountedToo) {
  StoreLatency latency;
  const StoreOrder order = FindTunnels{.op = OpId{1}};
  latency.submitted(order, at(milliseconds(0)));
  latency.completed(OpId{1}, at(std::chrono::seconds(60)));

  EXPECT_EQ(StoreLatency::kOrderNames[order.index()], "find_tunnels");
  EXPECT_EQ(latency.view()[order.index()].counts.back(), 1U);
}

TEST(StoreLatency, AnOrderIsCountedOnceAndAnUnknownOneNever) {
  StoreLatency latency;
  latency.submitted(ProbeStore{.op = OpId{1}}, at(milliseconds(0)));
  latency.completed(OpId{1}, at(milliseconds(1)));
  latency.completed(OpId{1}, at(milliseconds(2)));
  latency.completed(OpId{7}, at(milliseconds(2)));
  std::uint64_t counted = 0;
  for (const auto& histogram : latency.view()) {
    for (const std::uint64_t count : histogram.counts) counted += count;
  }

  EXPECT_EQ(counted, 1U);
}

}  // namespace store_latency_test
}  // namespace tsp::linux_
