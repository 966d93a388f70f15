// SPDX-License-Identifier: Apache-2.0
#include "core/auth/login.h"

#include <string>

#include <gtest/gtest.h>

namespace tsp::auth {
namespace login_test {

TEST(Login, NamesPeopleUseAreValid) {
  EXPECT_TRUE(valid_login("alice"));
  EXPECT_TRUE(valid_login("Alice Smith"));
  EXPECT_TRUE(valid_login("alice@example.net"));
  EXPECT_TRUE(valid_login("J\xC3\xBCrgen"));                           // two bytes
  EXPECT_TRUE(valid_login("\xE5\xBC\xA0\xE4\xB8\x89"));                // three bytes
  EXPECT_TRUE(valid_login("\xF0\x9F\x90\xA7"));                        // four bytes
  EXPECT_TRUE(valid_login("\"quoted\" and \\escaped\\, with comma"));  // awkward, but DIGEST-MD5 can carry it
}

TEST(Login, LengthIsOneTo253Bytes) {
  EXPECT_FALSE(valid_login(""));
  EXPECT_TRUE(valid_login(std::string(253, 'a')));
  EXPECT_FALSE(valid_login(std::string(254, 'a')));
}

TEST(Login, AColonIsRefusedBecauseItWouldMakeVerifiersAmbiguous) {
  EXPECT_FALSE(valid_login("alice:x"));
}

TEST(Login, ControlCharactersAreRefused) {
  EXPECT_FALSE(valid_login(std::string_view("a\0b", 3)));
  EXPECT_FALSE(valid_login("a\nb"));
  EXPECT_FALSE(valid_login("a\x7F"));
  EXPECT_FALSE(valid_login("a\xC2\x80"));  // first of C1
  EXPECT_FALSE(valid_login("a\xC2\x9F"));  // last of C1
  EXPECT_TRUE(valid_login("a\xC2\xA0"));   // the next one is a letter's neighbour
}

TEST(Login, BytesThatAreNotUtf8AreRefused) {
  EXPECT_FALSE(valid_login("\x80"));              // continuation without a lead
  EXPECT_FALSE(valid_login("J\xFCrgen"));         // ISO 8859-1
  EXPECT_FALSE(valid_login("\xC3"));              // cut off
  EXPECT_FALSE(valid_login("\xE5\xBC"));          // cut off
  EXPECT_FALSE(valid_login("\xC3("));             // lead without a continuation
  EXPECT_FALSE(valid_login("\xC1\x81"));          // overlong, two bytes
  EXPECT_FALSE(valid_login("\xE0\x81\x81"));      // overlong, three bytes
  EXPECT_FALSE(valid_login("\xF0\x80\x81\x81"));  // overlong, four bytes
  EXPECT_FALSE(valid_login("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(valid_login("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(valid_login("\xFF"));
}

TEST(Password, MayHoldWhatPlainCanCarry) {
  EXPECT_TRUE(valid_password("secret"));
  EXPECT_TRUE(valid_password(" : \" \\ \x01 \xFF "));
  EXPECT_TRUE(valid_password(std::string(1023, 'x')));
}

TEST(Password, MustNotBeEmptyTooLongOrHoldALineEndOrNul) {
  EXPECT_FALSE(valid_password(""));
  EXPECT_FALSE(valid_password(std::string(1024, 'x')));
  EXPECT_FALSE(valid_password(std::string_view("a\0b", 3)));
  EXPECT_FALSE(valid_password("a\r"));
  EXPECT_FALSE(valid_password("a\n"));
}

TEST(Realm, IsPrintableAsciiThatOldClientsCanRead) {
  EXPECT_TRUE(valid_realm("tb.example.net"));
  EXPECT_TRUE(valid_realm("My Broker (lab)"));
  EXPECT_TRUE(valid_realm(std::string(253, 'r')));
  EXPECT_FALSE(valid_realm(""));
  EXPECT_FALSE(valid_realm(std::string(254, 'r')));
  EXPECT_FALSE(valid_realm("a,b"));
  EXPECT_FALSE(valid_realm("a\"b"));
  EXPECT_FALSE(valid_realm("a\\b"));
  EXPECT_FALSE(valid_realm("a\tb"));
  EXPECT_FALSE(valid_realm("b\xC3\xBC"));
}

}  // namespace login_test
}  // namespace tsp::auth
