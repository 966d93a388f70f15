// SPDX-License-Identifier: Apache-2.0
#include "core/auth/api_token.h"

#include <gtest/gtest.h>

#include "core/base/hex.h"

namespace tsp::auth {
namespace api_token_test {

TEST(ApiToken, IsLongAndNeverTheSame) {
  Random random(Seed{});
  const std::string first = make_api_token(random);
  EXPECT_EQ(first.size(), 5U + 64);
  EXPECT_TRUE(looks_like_api_token(first));
  EXPECT_NE(first, make_api_token(random));
  EXPECT_FALSE(looks_like_api_token(first.substr(1)));
  EXPECT_FALSE(looks_like_api_token(first + "0"));
  EXPECT_FALSE(looks_like_api_token(""));
}

// FIPS 180-2, appendix B.1
TEST(ApiToken, IsKeptAsItsSha256) {
  EXPECT_EQ(to_hex(hash_of_api_token("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ApiToken, NamesAreWords) {
  for (const char* name :
       {"a", "back-up_2.nightly", "0123456789012345678901234567890123456789012345678901234567890123"}) {
    EXPECT_TRUE(valid_api_name(name)) << name;
  }
  for (const char* name :
       {"", "two words", "a/b", "\xC3\xA9", "01234567890123456789012345678901234567890123456789012345678901234"}) {
    EXPECT_FALSE(valid_api_name(name)) << name;
  }
}

TEST(ApiRole, HasAName) {
  for (const ApiRole role : {ApiRole::Admin, ApiRole::Operator, ApiRole::User})
    EXPECT_EQ(parse_role(name_of(role)), role);
  EXPECT_EQ(parse_role("root"), std::nullopt);
}

}  // namespace api_token_test
}  // namespace tsp::auth
