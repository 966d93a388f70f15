// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/tsig_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace tsp::linux_::dns {
namespace tsig_key_test {

using testing::HasSubstr;
using testing::Not;

// As `tsig-keygen tspd` writes it.
constexpr std::string_view kGenerated =
    "key \"tspd\" {\n\talgorithm hmac-sha256;\n\tsecret \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\";\n};\n";

class TsigKeyFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tsig-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/tspd.key";
  }
  void TearDown() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  void write(std::string_view text, mode_t mode) {
    std::ofstream(path_) << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  std::string folder_;
  std::string path_;
};

TEST(TsigKey, IsReadAsTsigKeygenWritesIt) {
  const auto key = parse_tsig_key(kGenerated);
  ASSERT_TRUE(key) << key.error();
  EXPECT_EQ(key->name, "tspd");
  EXPECT_EQ(key->algorithm, TsigAlgorithm::HmacSha256);
  ASSERT_EQ(key->secret.size(), 32U);
  EXPECT_EQ(key->secret[31], 31);
}

TEST(TsigKey, MayHaveCommentsOtherOrderAndNoQuotes) {
  const auto key = parse_tsig_key(
      "# made by hand\n// more\n/* and\n more */key My_Key.Example. {secret AAECAwQFBgcICQoLDA0ODw==; "
      "algorithm HMAC-SHA512;};");
  ASSERT_TRUE(key) << key.error();
  EXPECT_EQ(key->name, "my_key.example");
  EXPECT_EQ(key->algorithm, TsigAlgorithm::HmacSha512);
  EXPECT_EQ(key->secret.size(), 16U);
}

TEST(TsigKey, ErrorsSayWhereAndWhatWasExpected) {
  EXPECT_THAT(parse_tsig_key("").error(), HasSubstr("line 1: expected key"));
  EXPECT_THAT(parse_tsig_key("key \"a b\" {").error(), HasSubstr("name of the key"));
  EXPECT_THAT(parse_tsig_key("key a;").error(), HasSubstr("expected {"));
  EXPECT_THAT(parse_tsig_key("key a {\nalgorithm hmac-md5;\n").error(), HasSubstr("line 2: the algorithm"));
  EXPECT_THAT(parse_tsig_key("key a {\n algorithm hmac-sha256\n};").error(), HasSubstr("line 3: expected ;"));
  EXPECT_THAT(parse_tsig_key("key a { secret \"AAECAwQFBgcICQoLDA0ODw==\"; };").error(), HasSubstr("an algorithm"));
  EXPECT_THAT(parse_tsig_key("key a { algorithm hmac-sha256; };").error(), HasSubstr("a secret"));
  EXPECT_THAT(parse_tsig_key(std::string(kGenerated) + std::string(kGenerated)).error(), HasSubstr("end of the file"));
  EXPECT_THAT(parse_tsig_key("key a { algorithm hmac-sha256;").error(), HasSubstr("secret or }"));
}

TEST(TsigKey, ErrorsDoNotShowTheSecret) {
  for (const std::string secret : {"c2VjcmV0", "not*base64*at*all*hush", "unquoted\"hush"}) {
    const auto key = parse_tsig_key("key a { algorithm hmac-sha256; secret \"" + secret + "\"; };");
    ASSERT_FALSE(key);
    EXPECT_THAT(key.error(), Not(HasSubstr("hush")));
    EXPECT_THAT(key.error(), Not(HasSubstr("c2Vj")));
  }
}

TEST(TsigKey, ASecretThatCanBeGuessedIsRefused) {
  EXPECT_THAT(parse_tsig_key("key a { algorithm hmac-sha256; secret \"AAECAwQFBgcICQoLDA0O\"; };").error(),
              HasSubstr("16 or more octets"));
}

TEST_F(TsigKeyFile, OfItsOwnerIsRead) {
  write(kGenerated, 0600);
  const auto key = load_tsig_key(path_);
  ASSERT_TRUE(key) << key.error();
  EXPECT_EQ(key->name, "tspd");
}

TEST_F(TsigKeyFile, ThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0644U, 0640U, 0604U, 0602U}) {
    write(kGenerated, mode);
    const auto key = load_tsig_key(path_);
    ASSERT_FALSE(key);
    EXPECT_THAT(key.error(), HasSubstr("chmod 600 " + path_));
  }
}

TEST_F(TsigKeyFile, ErrorsNameTheFile) {
  EXPECT_THAT(load_tsig_key(path_).error(), HasSubstr(path_ + " cannot be opened: No such file"));
  EXPECT_THAT(load_tsig_key(folder_).error(), HasSubstr("not a regular file"));
  write("key x", 0600);
  EXPECT_THAT(load_tsig_key(path_).error(), HasSubstr(path_ + ": line 1"));
  write(std::string(100'000, ' '), 0600);
  EXPECT_THAT(load_tsig_key(path_).error(), HasSubstr("64 KiB"));
}

}  // namespace tsig_key_test
}  // namespace tsp::linux_::dns
