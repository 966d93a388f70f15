// SPDX-License-Identifier: Apache-2.0
#include "core/auth/update_key.h"

#include <set>

#include <gtest/gtest.h>

namespace tsp::auth {
namespace update_key_test {

// FIPS 180-4, the example of one block.
TEST(UpdateKey, TheHashIsSha256) {
  const UpdateKeyHash hash = hash_of_update_key("abc");

  EXPECT_EQ(hash[0], 0xBA);
  EXPECT_EQ(hash[1], 0x78);
  EXPECT_EQ(hash[30], 0x15);
  EXPECT_EQ(hash[31], 0xAD);
}

TEST(UpdateKey, KeysAreThirtyTwoHexDigitsAndNeverTheSame) {
  Random random(Seed{1, 2, 3});
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.insert(make_update_key(random));

  EXPECT_EQ(keys.size(), 100u);
  for (const std::string& key : keys) {
    EXPECT_EQ(key.size(), 32u);
    EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(UpdateKey, OnlyTheKeyItselfIsRight) {
  const auto hash = hash_of_update_key("0123456789abcdef0123456789abcdef");

  EXPECT_TRUE(is_update_key("0123456789abcdef0123456789abcdef", hash));
  EXPECT_FALSE(is_update_key("0123456789abcdef0123456789abcdee", hash));
  EXPECT_FALSE(is_update_key("0123456789abcdef0123456789abcde", hash));
  EXPECT_FALSE(is_update_key("", hash));
}

TEST(UpdateKey, WithoutAKeyNothingIsRight) {
  EXPECT_FALSE(is_update_key("", std::nullopt));
  EXPECT_FALSE(is_update_key("0123456789abcdef0123456789abcdef", std::nullopt));
}

}  // namespace update_key_test
}  // namespace tsp::auth
