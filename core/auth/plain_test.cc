// SPDX-License-Identifier: Apache-2.0
#include "core/auth/plain.h"

#include <string>

#include <gtest/gtest.h>

namespace tsp::auth {
namespace plain_test {

using namespace std::string_view_literals;

void expect_alice(std::string_view text) {
  const auto credentials = parse_plain(text);
  ASSERT_TRUE(credentials) << testing::PrintToString(text);
  EXPECT_EQ(credentials->login, "alice");
  EXPECT_EQ(credentials->password, "secret");
}

TEST(Plain, IsReadInEveryFormOfTheField) {
  expect_alice("\0alice\0secret\r\n"sv);         // as RFC 5572 shows it
  expect_alice("\0\0alice\0secret\r\n"sv);       // gogoc over TCP: the NUL of its line before
  expect_alice("\0alice\0secret"sv);             // a datagram without a line end
  expect_alice("\0alice\0secret\n"sv);           // bare line feed
  expect_alice("\0alice\0secret\r\b"sv);         // jipv6 types a backspace
  expect_alice("alice\0secret\r\n"sv);           // no authorization identity, no NUL for it
  expect_alice("alice\0alice\0secret\r\n"sv);    // RFC 4616 with the authorization identity
  expect_alice("\0alice\0alice\0secret\r\n"sv);  // the same behind a stray NUL
  expect_alice("\0alice\0secret\r\n\0"sv);       // trailing NUL
}

TEST(Plain, AnotherAuthorizationIdentityIsRefused) {
  EXPECT_FALSE(parse_plain("bob\0alice\0secret\r\n"sv));
}

TEST(Plain, MissingOrSurplusFieldsAreRefused) {
  EXPECT_FALSE(parse_plain(""));
  EXPECT_FALSE(parse_plain("\r\n"));
  EXPECT_FALSE(parse_plain("\0\0\0\r\n"sv));
  EXPECT_FALSE(parse_plain("\0alice\r\n"sv));
  EXPECT_FALSE(parse_plain("\0alice\0\r\n"sv));
  EXPECT_FALSE(parse_plain("\0alice\0alice\0\r\n"sv));
  EXPECT_FALSE(parse_plain("\0alice\0alice\0secret\0more\r\n"sv));
}

TEST(Plain, AnUnspeakableLoginIsRefused) {
  EXPECT_FALSE(parse_plain("\0al:ice\0secret\r\n"sv));
  EXPECT_FALSE(parse_plain("\0al\xFFice\0secret\r\n"sv));
  EXPECT_FALSE(parse_plain(std::string(254, 'a').append("\0secret\r\n"sv)));
}

TEST(Plain, APasswordMayHoldAnythingButLineEndsAndNul) {
  const auto credentials = parse_plain("\0alice\0 :\"\\\xFF, \r\n"sv);

  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->password, " :\"\\\xFF, ");
}

}  // namespace plain_test
}  // namespace tsp::auth
