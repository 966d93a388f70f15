// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/control/api_test_support.h"

namespace tsp::linux_ {
namespace passwords_test {

using Check = Passwords::Check;

TEST(Passwords, TheRightOneIsToldFromOthers) {
  Passwords passwords(kCheapPasswords);
  const auto hash = passwords.hash("correct horse");

  ASSERT_TRUE(hash);
  EXPECT_THAT(*hash, testing::StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
  EXPECT_EQ(passwords.check("correct horse", hash), Check::Right);
  EXPECT_EQ(passwords.check("correct hors", hash), Check::Wrong);
  EXPECT_EQ(passwords.check("", hash), Check::Wrong);
}

TEST(Passwords, TheSameOneHasAnotherHashEachTime) {
  Passwords passwords(kCheapPasswords);
  EXPECT_NE(passwords.hash("a"), passwords.hash("a"));
}

TEST(Passwords, WhoHasNoneIsWrong) {
  Passwords passwords(kCheapPasswords);
  EXPECT_EQ(passwords.check("", std::nullopt), Check::Wrong);
  EXPECT_EQ(passwords.check("x", "no hash"), Check::Wrong);
}

// What was hashed with other costs stays right when they change.
TEST(Passwords, AHashNamesItsCost) {
  const auto hash = Passwords(kCheapPasswords).hash("x");
  EXPECT_EQ(Passwords({.operations = 2, .memory_bytes = 16384}).check("x", hash), Check::Right);
}

}  // namespace passwords_test
}  // namespace tsp::linux_
