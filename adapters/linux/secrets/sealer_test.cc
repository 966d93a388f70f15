// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/secrets/sealer.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/secrets/key_file.h"

namespace tsp::linux_::secrets {
namespace sealer_test {

using std::filesystem::perms;
using testing::HasSubstr;

class SealerTest : public testing::Test {
 protected:
  SealerTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tsp-keys-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    path_ = folder_ + "/keys";
    EXPECT_TRUE(create_keys(path_, ring_));
    sealer_ = Sealer::open(path_).value();
  }
  ~SealerTest() override { std::filesystem::remove_all(folder_); }

  void replace() { ASSERT_TRUE(replace_keys(path_, ring_)); }

  std::string folder_;
  std::string path_;
  KeyRing ring_ = KeyRing::make();
  std::shared_ptr<const Sealer> sealer_;
  const Bytes secret_ = {1, 2, 3, 0, 255};
};

TEST_F(SealerTest, WhatWasSealedIsUnsealedInItsPlaceAlone) {
  const std::string sealed = sealer_->seal(secret_, "account 7");

  EXPECT_TRUE(is_sealed(sealed));
  EXPECT_TRUE(sealed.starts_with(sealer_->current_head()));
  EXPECT_EQ(sealer_->unseal(sealed, "account 7"), secret_);
  EXPECT_THAT(sealer_->unseal(sealed, "account 8").error(), HasSubstr("its seal is broken"));
  EXPECT_EQ(sealer_->unseal(sealer_->seal({}, "empty"), "empty"), Bytes());
}

TEST_F(SealerTest, TheSameIsNeverSealedAlike) {
  EXPECT_NE(sealer_->seal(secret_, "a"), sealer_->seal(secret_, "a"));
}

TEST_F(SealerTest, AnyChangeBreaksTheSeal) {
  const std::string sealed = sealer_->seal(secret_, "a");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(is_sealed(changed) && sealer_->unseal(changed, "a") == secret_) << i;
  }
  for (std::size_t size = 7; size < sealed.size(); ++size) EXPECT_FALSE(sealer_->unseal(sealed.substr(0, size), "a"));
}

TEST_F(SealerTest, AnotherKeyIsNamedByItsFile) {
  const std::string sealed = sealer_->seal(secret_, "a");
  ring_ = KeyRing::make();
  replace();

  EXPECT_THAT(Sealer::open(path_).value()->unseal(sealed, "a").error(),
              AllOf(HasSubstr("a key that is not in "), HasSubstr(path_)));
}

TEST_F(SealerTest, AChangedFileIsReadAgain) {
  const std::string former = sealer_->seal(secret_, "a");
  ring_.add_next();
  ring_.promote();
  replace();

  const std::string current = sealer_->seal(secret_, "a");
  EXPECT_TRUE(current.starts_with("sealed:" + ring_.current().id));
  EXPECT_EQ(sealer_->unseal(former, "a"), secret_);
  EXPECT_EQ(sealer_->unseal(current, "a"), secret_);
}

TEST_F(SealerTest, WhatOthersSealedWithANewerKeyIsRead) {
  KeyRing newer = ring_;
  newer.add_next();
  newer.promote();
  ASSERT_TRUE(create_keys(folder_ + "/other", newer));
  const std::string sealed = Sealer::open(folder_ + "/other").value()->seal(secret_, "a");
  EXPECT_FALSE(sealer_->unseal(sealed, "a"));

  ASSERT_TRUE(replace_keys(path_, newer));

  EXPECT_EQ(sealer_->unseal(sealed, "a"), secret_);
}

TEST_F(SealerTest, AFileThatIsGoneOrDamagedForAMomentChangesNothing) {
  const std::string sealed = sealer_->seal(secret_, "a");
  std::filesystem::remove(path_);
  EXPECT_EQ(sealer_->unseal(sealer_->seal(secret_, "a"), "a"), secret_);
  std::ofstream(path_) << "nonsense";

  EXPECT_EQ(sealer_->unseal(sealed, "a"), secret_);
  EXPECT_FALSE(Sealer::open(path_));
}

TEST_F(SealerTest, AFileOfKeysIsItsOwnersAlone) {
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms(0600));
  replace();
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms(0600));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));

  std::filesystem::permissions(path_, perms(0640));
  EXPECT_THAT(load_keys(path_).error(), HasSubstr("is open to others: chmod 600 "));
}

TEST_F(SealerTest, AFileThatIsThereIsNotMadeAgain) {
  EXPECT_THAT(create_keys(path_, KeyRing::make()).error(), HasSubstr("keys cannot be made: File exists"));

  EXPECT_EQ(load_keys(path_)->current().id, ring_.current().id);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(SealerTest, WhatIsNoFileOfKeysIsRefused) {
  EXPECT_THAT(load_keys(folder_).error(), HasSubstr("is not a regular file"));
  EXPECT_THAT(load_keys(folder_ + "/none").error(), HasSubstr("none cannot be opened"));
  EXPECT_THAT(replace_keys(folder_ + "/none", ring_).error(), HasSubstr("cannot be examined"));
  std::filesystem::resize_file(path_, 100'000);
  EXPECT_THAT(load_keys(path_).error(), HasSubstr("larger than"));
}

}  // namespace sealer_test
}  // namespace tsp::linux_::secrets
