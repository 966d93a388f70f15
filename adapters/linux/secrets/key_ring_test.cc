// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/secrets/key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::linux_::secrets {
namespace key_ring_test {

using testing::HasSubstr;
using testing::Not;

TEST(KeyRing, IsReadAsItWasWritten) {
  KeyRing ring = KeyRing::make();
  ring.add_next();

  const KeyRing read = KeyRing::parse(ring.text()).value();

  EXPECT_EQ(read.text(), ring.text());
  EXPECT_EQ(read.current().bytes, ring.current().bytes);
  EXPECT_EQ(read.current().id, ring.current().id);
  EXPECT_EQ(read.next()->bytes, ring.next()->bytes);
}

TEST(KeyRing, KeysAreRandomAndIdsDoNotShowThem) {
  const KeyRing one = KeyRing::make();
  const KeyRing other = KeyRing::make();

  EXPECT_NE(one.current().bytes, other.current().bytes);
  EXPECT_NE(one.current().id, other.current().id);
  EXPECT_EQ(one.current().id.size(), 16U);
  EXPECT_THAT(one.text(), Not(HasSubstr(one.current().id)));
}

TEST(KeyRing, TheNextKeyTakesThePlaceOfTheCurrentOneWhichStaysKnown) {
  KeyRing ring = KeyRing::make();
  const std::string before = ring.current().id;
  ring.add_next();
  ring.add_next();
  ASSERT_EQ(ring.keys().size(), 2U);
  const std::string next = ring.next()->id;

  ring.promote();
  EXPECT_EQ(ring.current().id, next);
  EXPECT_EQ(ring.next(), nullptr);
  ASSERT_NE(ring.find(before), nullptr);
  EXPECT_EQ(ring.find(before)->role, KeyRole::Former);

  ring.retire();
  EXPECT_EQ(ring.find(before), nullptr);
  EXPECT_EQ(ring.keys().size(), 1U);
}

TEST(KeyRing, WhatIsWrongIsSaidWithoutShowingIt) {
  const std::string good = "current AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  ASSERT_TRUE(KeyRing::parse(good));
  const auto error = [](const std::string& text) { return KeyRing::parse(text).error(); };

  EXPECT_THAT(error(""), HasSubstr("one line that begins with `current`"));
  EXPECT_THAT(error("# only a comment\n"), HasSubstr("one line that begins with `current`"));
  EXPECT_THAT(error(good + "current AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), HasSubstr("one line"));
  EXPECT_THAT(error(good + good), HasSubstr("line 2: a key that stands above already"));
  EXPECT_THAT(error(good + "next SECRETSECRET\n"), AllOf(HasSubstr("line 2: expected"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(error("later AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), HasSubstr("line 1: expected"));
  EXPECT_THAT(error("current\n"), HasSubstr("line 1: expected"));
  EXPECT_THAT(error("current AAAA\n"), HasSubstr("base64 of 32 bytes"));
}

}  // namespace key_ring_test
}  // namespace tsp::linux_::secrets
