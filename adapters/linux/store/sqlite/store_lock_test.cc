// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/store_lock.h"

#include <gmock/gmock.h>

#include "adapters/linux/store/sqlite/test_support.h"

namespace tsp::linux_ {
namespace store_lock_test {

TEST(StoreLock, IsHeldByOneAtATime) {
  const sqlite::TemporaryDirectory folder;
  const std::string path = folder.file("tspd.db");
  auto first = lock_store(path);
  ASSERT_TRUE(first) << first.error();
  const auto second = lock_store(path);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), testing::HasSubstr("another tspd serves " + path));
  first->close();
  EXPECT_TRUE(lock_store(path));
}

TEST(StoreLock, SaysWhyItCannotBeTaken) {
  EXPECT_THAT(lock_store("/nonexistent/tspd.db").error(), testing::HasSubstr("No such file"));
}

}  // namespace store_lock_test
}  // namespace tsp::linux_
