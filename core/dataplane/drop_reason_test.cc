// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/drop_reason.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tsp::dataplane {
namespace drop_reason_test {

TEST(DropReason, EveryReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDropReasons; ++i) names.insert(name(static_cast<DropReason>(i)));
  EXPECT_EQ(names.size(), kDropReasons);
}

TEST(DropReason, NamesAreFitForMetrics) {
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::string_view text = name(static_cast<DropReason>(i));
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos) << text;
  }
}

}  // namespace drop_reason_test
}  // namespace tsp::dataplane
