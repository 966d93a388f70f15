// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/tsig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "adapters/linux/dns/answer.h"
#include "adapters/linux/dns/dns_test_hex.h"
#include "adapters/linux/dns/wire_format.h"

namespace tsp::linux_::dns {
namespace tsig_test {

using testing::HasSubstr;

// An independent implementation (dnspython 2.3) made these: an update of id 0x1234, signed at kAt by the key of
// key_of(), and the answer NOERROR to it.
struct Conversation {
  TsigAlgorithm algorithm{};
  std::string mac;
  std::string request_tsig;
  std::string answer;
};

const std::string kUnsigned =
    "123428000001000000020000013801620164013001310130013001320369703604617270610000060001013101300130"
    "0130c00c000200ff000000000000c02a0002000100000e100011036e7331076578616d706c65036e657400";
const std::string kAnswerBegin =
    "1234a8000001000000000001013801620164013001310130013001320369703604617270610000060001047473706407"
    "6578616d706c650000fa00ff00000000";

const Conversation kSha256 = {
    TsigAlgorithm::HmacSha256, "15d3c2f633d1787e0043e357cf7d829d146dd0bd186e957dc2a761cdaa632e82",
    "0474737064076578616d706c650000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c0020"
    "15d3c2f633d1787e0043e357cf7d829d146dd0bd186e957dc2a761cdaa632e82123400000000",
    kAnswerBegin +
        "003d0b686d61632d7368613235360000006553f100012c002054f2840f977fa3"
        "3305801620bec1ca4cf8e5ce8a3917c9cd88adcb9ec9527364123400000000"};
const Conversation kSha512 = {
    TsigAlgorithm::HmacSha512,
    "9842c5ab6e6a8439f8bd8f0482511fefe98edcef4e8d2924e7d89b276ba23a0effa8c579f4b1324922fc066e97ba8f92"
    "87a4779aedc1e102d7d242eb87364997",
    "0474737064076578616d706c650000fa00ff00000000005d0b686d61632d7368613531320000006553f100012c0040"
    "9842c5ab6e6a8439f8bd8f0482511fefe98edcef4e8d2924e7d89b276ba23a0effa8c579f4b1324922fc066e97ba8f92"
    "87a4779aedc1e102d7d242eb87364997123400000000",
    kAnswerBegin +
        "005d0b686d61632d7368613531320000006553f100012c0040820a4463131840"
        "338f65fbe61387b9dbf7c82b86471b90aa13d9f3e0df33266a9f960d33e7e6478c84ffdae0f04888c9eaaca5567d7ec9"
        "69eaa36a31a7db20a8123400000000"};
constexpr WallTime kAt{std::chrono::seconds(1'700'000'000)};

TsigKey key_of(TsigAlgorithm algorithm) {
  TsigKey key{.name = "tspd.example", .algorithm = algorithm, .secret = Bytes(32)};
  std::iota(key.secret.begin(), key.secret.end(), std::uint8_t{0});
  return key;
}

class Tsig : public testing::TestWithParam<Conversation> {
 protected:
  std::expected<void, Rejection> judge(ByteView answer, WallTime now = kAt) {
    return judge_answer(answer, request_, key_, now);
  }

  TsigKey key_ = key_of(GetParam().algorithm);
  SignedRequest request_ = sign(from_hex(kUnsigned), key_, kAt);
  Bytes answer_ = from_hex(GetParam().answer);
};

INSTANTIATE_TEST_SUITE_P(Algorithms, Tsig, testing::Values(kSha256, kSha512),
                         [](const auto& tested) { return "Sha" + std::to_string(tested.param.mac.size() * 4); });

TEST_P(Tsig, ARequestIsSignedAsOthersSignIt) {
  std::string wanted = kUnsigned + GetParam().request_tsig;
  wanted.replace(20, 4, "0001");  // additional records
  EXPECT_EQ(to_hex(request_.message), wanted);
  EXPECT_EQ(to_hex(request_.mac), GetParam().mac);
}

TEST_P(Tsig, AGenuineAnswerIsBelieved) {
  const auto judged = judge(answer_);
  EXPECT_TRUE(judged) << judged.error().text;
}

TEST_P(Tsig, AnyChangeOfTheAnswerIsNoticed) {
  for (std::size_t i = 0; i < answer_.size(); ++i) {
    Bytes changed = answer_;
    changed[i] ^= 1;
    EXPECT_FALSE(judge(changed)) << "octet " << i;
  }
}

TEST_P(Tsig, TheAnswerToAnotherRequestIsNotBelieved) {
  request_.mac[0] ^= 1;
  EXPECT_THAT(judge(answer_).error().text, HasSubstr("signature is wrong"));
}

TEST_P(Tsig, AnAnswerBelongsToThisTime) {
  EXPECT_TRUE(judge(answer_, kAt + std::chrono::seconds(300)));
  EXPECT_TRUE(judge(answer_, kAt + std::chrono::seconds(-300)));
  EXPECT_THAT(judge(answer_, kAt + std::chrono::seconds(301)).error().text, HasSubstr("301 s from now"));
  EXPECT_THAT(judge(answer_, kAt + std::chrono::seconds(-301)).error().text, HasSubstr("301 s from now"));
}

// A server's answer with that code, and that error of the signature; signed for `request` unless `mac` says otherwise.
Bytes make_answer(std::uint8_t code, std::uint16_t error, const TsigKey& key, ByteView other = {}, Bytes mac = {}) {
  Bytes out = from_hex("1234 a800 0000 0000 0000 0001");
  out[3] = code;
  append_name(out, key.name);
  append_u16(out, 250);
  append_u16(out, kClassAny);
  append_u32(out, 0);
  const std::size_t size_at = out.size();
  append_u16(out, 0);
  append_name(out, name_of(key.algorithm));
  append_u48(out, 1'700'000'000);
  append_u16(out, kFudgeSeconds);
  append_u16(out, static_cast<std::uint16_t>(mac.size()));
  append(out, mac);
  append_u16(out, 0x1234);
  append_u16(out, error);
  append_u16(out, static_cast<std::uint16_t>(other.size()));
  append(out, other);
  put_u16(out, size_at, static_cast<std::uint16_t>(out.size() - size_at - 2));
  return out;
}

TEST_P(Tsig, AnUnknownKeyIsSaidInWordsAndFinal) {
  const auto judged = judge(make_answer(9, 17, key_));
  EXPECT_THAT(judged.error().text, HasSubstr("BADKEY: the server does not know the key tspd.example with hmac-sha"));
  EXPECT_FALSE(judged.error().is_temporary);
}

TEST_P(Tsig, AnotherSecretIsSaidInWordsAndFinal) {
  const auto judged = judge(make_answer(9, 16, key_));
  EXPECT_THAT(judged.error().text, HasSubstr("BADSIG: the server's secret of the key tspd.example is another one"));
  EXPECT_FALSE(judged.error().is_temporary);
}

TEST_P(Tsig, ATimeErrorWithoutAGenuineSignatureIsNotBelieved) {
  const auto judged = judge(make_answer(9, 18, key_, from_hex("000000000001"), Bytes(GetParam().mac.size() / 2)));
  EXPECT_THAT(judged.error().text, HasSubstr("signature is wrong"));
}

TEST_P(Tsig, CodesWithoutASignatureAreErrorsAllTheSame) {
  Bytes refused = from_hex("1234 a805 0000 0000 0000 0000");
  EXPECT_THAT(judge(refused).error().text, HasSubstr("REFUSED: the server does not allow"));
  EXPECT_FALSE(judge(refused).error().is_temporary);
  refused[3] = 2;
  EXPECT_THAT(judge(refused).error().text, HasSubstr("SERVFAIL"));
  EXPECT_TRUE(judge(refused).error().is_temporary);
}

TEST_P(Tsig, SuccessWithoutASignatureIsNotBelieved) {
  const auto judged = judge(from_hex("1234 a800 0000 0000 0000 0000"));
  EXPECT_THAT(judged.error().text, HasSubstr("not signed"));
  EXPECT_TRUE(judged.error().is_temporary);
}

TEST_P(Tsig, GarbageAndOtherAnswersAreTemporaryErrors) {
  EXPECT_TRUE(judge(from_hex("00")).error().is_temporary);
  answer_[0] ^= 1;
  EXPECT_THAT(judge(answer_).error().text, HasSubstr("another request"));
}

TEST_P(Tsig, AnAnswerSignedWithAnotherKeyIsNotBelieved) {
  TsigKey other = key_;
  other.name = "other.example";
  EXPECT_THAT(judge(make_answer(0, 0, other)).error().text, HasSubstr("another key"));
}

// Of the same independent implementation.
TEST(TsigErrors, ASignedTimeErrorSaysHowFarTheClocksAreApart) {
  const TsigKey key = key_of(TsigAlgorithm::HmacSha256);
  const auto judged = judge_answer(
      from_hex("1234a80900000000000000010474737064076578616d706c650000fa00ff0000000000430b686d61632d736861323536"
               "0000006553f100012c0020df282e5b3fe40fcab451104ce3b13293a94e21e056922cc13e85b8433d06c81d1234001200"
               "0600006553f4e8"),
      sign(from_hex(kUnsigned), key, kAt), key, kAt);
  EXPECT_THAT(judged.error().text,
              HasSubstr("BADTIME: the clocks are more than 300 s apart; the server's is 1000 s ahead"));
  EXPECT_TRUE(judged.error().is_temporary);
}

TEST(TsigErrors, ASignedRefusalIsFinal) {
  const TsigKey key = key_of(TsigAlgorithm::HmacSha256);
  const auto judged = judge_answer(
      from_hex("1234a80500000000000000010474737064076578616d706c650000fa00ff00000000003d0b686d61632d736861323536"
               "0000006553f100012c00207fee3194183dee2c02dda6439d9a812ddc3b28f6128dea0f46e22752365989fa1234000000"
               "00"),
      sign(from_hex(kUnsigned), key, kAt), key, kAt);
  EXPECT_THAT(judged.error().text, HasSubstr("REFUSED: the server does not allow this key"));
  EXPECT_FALSE(judged.error().is_temporary);
}

}  // namespace tsig_test
}  // namespace tsp::linux_::dns
