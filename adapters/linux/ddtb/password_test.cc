// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/ddtb/test_vectors.h"

namespace tsp::linux_::ddtb {
namespace password_test {

using testing::HasSubstr;

class PasswordTest : public testing::Test {
 protected:
  const PasswordKey key_ = PasswordKey::from(kDbKey).value();
};

TEST_F(PasswordTest, WhatDdtbHasEncryptedIsRead) {
  for (const Vector& vector : kVectors) EXPECT_EQ(key_.decrypt(vector.iv, vector.passwd), vector.password);
}

TEST_F(PasswordTest, LinesInBase64DoNotMatter) {
  EXPECT_EQ(PasswordKey::from(" YW4gZXhhbXBsZSBtYXN0\nZXIga2V5LCAzMiBieXRlcyE=\n")
                ->decrypt(kVectors[0].iv, kVectors[0].passwd),
            kVectors[0].password);
  EXPECT_EQ(key_.decrypt("AAECAwQFBgcICQoLDA0ODw==\n", "aMK5Thkk46Hx\ngVk1DEVvIQ==\n"), kVectors[0].password);
}

TEST_F(PasswordTest, AnotherKeyReadsNothing) {
  const PasswordKey other = PasswordKey::from("YW5vdGhlciBrZXk=").value();
  for (const Vector& vector : kVectors) {
    const auto read = other.decrypt(vector.iv, vector.passwd);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error(), HasSubstr("another key"));
  }
}

TEST_F(PasswordTest, WhatIsCutOffOrNoBase64IsSaid) {
  const auto& [login, password, iv, passwd] = kVectors[1];
  EXPECT_THAT(key_.decrypt(iv, "RccH1hkuiGBGx9bn19UWMw==").error(), HasSubstr("another key")) << "without its padding";
  EXPECT_THAT(key_.decrypt("gIGCg4SFhoeIiYqLjI2Ojw==", passwd).error(), HasSubstr("another key")) << "no UTF-8";
  EXPECT_THAT(key_.decrypt(iv, "RccH1hkuiGA=").error(), HasSubstr("whole blocks"));
  EXPECT_THAT(key_.decrypt(iv, "").error(), HasSubstr("whole blocks"));
  EXPECT_THAT(key_.decrypt(iv, "*").error(), HasSubstr("whole blocks"));
  EXPECT_THAT(key_.decrypt("", passwd).error(), HasSubstr("its iv"));
  EXPECT_THAT(key_.decrypt("AAECAwQFBgc=", passwd).error(), HasSubstr("its iv"));
}

TEST(PasswordKey, IsBase64) {
  EXPECT_FALSE(PasswordKey::from(""));
  EXPECT_FALSE(PasswordKey::from("no base64!"));
}

}  // namespace password_test
}  // namespace tsp::linux_::ddtb
