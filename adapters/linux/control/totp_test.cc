// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/totp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace tsp::linux_ {
namespace totp_test {

WallTime at(std::int64_t second) {
  return {std::chrono::seconds(second)};
}

TotpSecret secret_of(std::string_view text) {
  TotpSecret secret{};
  std::ranges::copy(text, secret.begin());
  return secret;
}

const TotpSecret kSecret = secret_of("12345678901234567890");  // RFC 6238 appendix B

TEST(Totp, HasTheCodesOfTheRfc) {
  // Appendix B has eight digits: the last six are those of a code of six.
  const auto code_at = [](std::int64_t second) { return totp_code(kSecret, totp_step(at(second))); };
  EXPECT_EQ(code_at(59), "287082");
  EXPECT_EQ(code_at(1'111'111'109), "081804");
  EXPECT_EQ(code_at(1'111'111'111), "050471");
  EXPECT_EQ(code_at(1'234'567'890), "005924");
  EXPECT_EQ(code_at(2'000'000'000), "279037");
  EXPECT_EQ(code_at(20'000'000'000 % 9'000'000'000), code_at(2'000'000'000)) << "20,000,000,000 is beyond the clock";
  EXPECT_EQ(totp_code(kSecret, 20'000'000'000 / 30), "353130");
}

TEST(Totp, HasTheCodesOfTheCountersOfRfc4226) {
  const std::array codes = {"755224", "287082", "359152", "969429", "338314",
                            "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t step = 0; step < codes.size(); ++step) EXPECT_EQ(totp_code(kSecret, step), codes.at(step));
}

TEST(Totp, AStepHasThirtySeconds) {
  EXPECT_EQ(totp_step(at(0)), 0U);
  EXPECT_EQ(totp_step(at(29)), 0U);
  EXPECT_EQ(totp_step(at(30)), 1U);
  EXPECT_EQ(totp_step(at(-5)), 0U);
}

TEST(Totp, AClockMayBeWrongByOneStep) {
  const std::string code = totp_code(kSecret, 100);
  EXPECT_EQ(find_totp_step(kSecret, code, at(98 * 30 + 29)), std::nullopt);
  EXPECT_EQ(find_totp_step(kSecret, code, at(99 * 30)), 100U);
  EXPECT_EQ(find_totp_step(kSecret, code, at(100 * 30)), 100U);
  EXPECT_EQ(find_totp_step(kSecret, code, at(101 * 30 + 29)), 100U);
  EXPECT_EQ(find_totp_step(kSecret, code, at(102 * 30)), std::nullopt);
}

TEST(Totp, OnlyAllOfItsDigitsAreACode) {
  const std::string code = totp_code(kSecret, 100);
  for (const std::string& other : {code.substr(0, 5), code + "0", " " + code, std::string(), std::string(6, '\0')}) {
    EXPECT_EQ(find_totp_step(kSecret, other, at(3000)), std::nullopt) << other;
  }
}

TEST(Totp, TheSecretIsToldAsAppsTakeIt) {
  EXPECT_EQ(base32_of(kSecret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(totp_uri(kSecret, "tunnels.example", "a b"),
            "otpauth://totp/tunnels.example:a%20b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=tunnels.example"
            "&algorithm=SHA1&digits=6&period=30");
}

TEST(Totp, SecretsAreDifferent) {
  EXPECT_NE(random_totp_secret(), random_totp_secret());
}

}  // namespace totp_test
}  // namespace tsp::linux_
