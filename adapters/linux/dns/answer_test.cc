// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "adapters/linux/dns/dns_test_hex.h"

namespace tsp::linux_::dns {
namespace answer_test {

using testing::HasSubstr;

const std::string kZone = "07 6578616d706c65 00 0006 0001";
// Key k, algorithm a, a MAC of two octets.
const std::string kTsig = "01 6b 00 00fa 00ff 00000000 0017 01 61 00 000000000005 012c 0002 abcd 1234 0012 0002 beef";

std::expected<Answer, std::string> parse(const std::string& hex) {
  return parse_answer(from_hex(hex));
}

TEST(Answer, HasTheIdAndTheCode) {
  const auto answer = parse("1234 a805 0001 0000 0000 0000" + kZone);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->id, 0x1234);
  EXPECT_EQ(answer->code, 5);
  EXPECT_FALSE(answer->tsig);
  EXPECT_EQ(answer->size_without_tsig, 12U + 13);
}

TEST(Answer, TheZoneMayBeLeftOut) {
  EXPECT_TRUE(parse("1234 a800 0000 0000 0000 0000"));
}

TEST(Answer, TheLastRecordIsTheSignature) {
  const auto answer = parse("1234 a809 0001 0000 0000 0001" + kZone + kTsig);
  ASSERT_TRUE(answer) << answer.error();
  ASSERT_TRUE(answer->tsig);
  EXPECT_EQ(answer->size_without_tsig, 25U);
  EXPECT_EQ(answer->tsig->key_name, "k");
  EXPECT_EQ(answer->tsig->algorithm, "a");
  EXPECT_EQ(answer->tsig->time_signed, 5U);
  EXPECT_EQ(answer->tsig->fudge, 300);
  EXPECT_EQ(to_hex(answer->tsig->mac), "abcd");
  EXPECT_EQ(answer->tsig->original_id, 0x1234);
  EXPECT_EQ(answer->tsig->error, 18);
  EXPECT_EQ(to_hex(answer->tsig->other), "beef");
}

TEST(Answer, ASignatureThatIsNotTheLastIsRefused) {
  const auto answer = parse("1234 a800 0001 0000 0000 0002" + kZone + kTsig + kTsig);
  EXPECT_THAT(answer.error(), HasSubstr("not the last one"));
  EXPECT_FALSE(parse("1234 a800 0001 0000 0001 0000" + kZone + kTsig));  // last, but not additional
}

TEST(Answer, ASignatureWithFieldsThatDoNotFillItIsRefused) {
  std::string longer = kTsig;
  longer.replace(longer.find("0017"), 4, "0018");
  EXPECT_THAT(parse("1234 a800 0000 0000 0000 0001" + longer + "00").error(), HasSubstr("do not fill"));
  std::string other_class = kTsig;
  other_class.replace(other_class.find("00ff"), 4, "0001");
  EXPECT_THAT(parse("1234 a800 0000 0000 0000 0001" + other_class).error(), HasSubstr("class"));
}

TEST(Answer, ErrorsSayWhatWasExpected) {
  EXPECT_THAT(parse("1234").error(), HasSubstr("header"));
  EXPECT_THAT(parse("1234 2800 0000 0000 0000 0000").error(), HasSubstr("expected an answer"));
  EXPECT_THAT(parse("1234 8000 0000 0000 0000 0000").error(), HasSubstr("update"));
  EXPECT_THAT(parse("1234 a800 ffff ffff ffff ffff").error(), HasSubstr("ends before"));
  EXPECT_THAT(parse("1234 a800 0000 0000 0000 0000 00").error(), HasSubstr("after the last record"));
}

TEST(Answer, EveryCutIsRefused) {
  const Bytes whole = from_hex("1234 a809 0001 0000 0000 0001" + kZone + kTsig);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_answer(ByteView(whole).first(size))) << size;
  }
}

TEST(Answer, GarbageIsTakenWithoutHarm) {
  std::mt19937 random(1);
  const Bytes whole = from_hex("1234 a809 0001 0000 0000 0001" + kZone + kTsig);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = whole;
    for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    const auto answer = parse_answer(bytes);
    if (!answer) continue;
    ++accepted;
    EXPECT_LE(answer->size_without_tsig, bytes.size());
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 20'000);
}

TEST(Answer, CodesHaveNames) {
  EXPECT_EQ(name_of_code(0), "NOERROR");
  EXPECT_EQ(name_of_code(10), "NOTZONE");
  EXPECT_EQ(name_of_code(17), "BADKEY");
  EXPECT_EQ(name_of_code(22), "BADTRUNC");
  EXPECT_EQ(name_of_code(14), "code 14");
}

}  // namespace answer_test
}  // namespace tsp::linux_::dns
