// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/repeated_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace tsp::linux_ {
namespace repeated_requests_test {

using testing::HasSubstr;

constexpr const char* kCaller = "token backup";

class RepeatedRequestsTest : public testing::Test {
 protected:
  ApiResponse send(const std::string& key, const std::string& body, int status = 201) {
    return requests_.answer(key, {.method = "POST", .target = "/api/v1/accounts", .body = body}, kCaller,
                            [&] { return ApiResponse{status, std::to_string(++served_)}; });
  }

  RepeatedRequests requests_;
  int served_ = 0;
};

TEST_F(RepeatedRequestsTest, ARequestThatIsSentAgainIsServedOnce) {
  EXPECT_EQ(send("a", "{}").body, "1");
  const ApiResponse again = send("a", "{}");

  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, "1");
  EXPECT_EQ(send("b", "{}").body, "2");
}

TEST_F(RepeatedRequestsTest, AKeyIsThatOfOneRequest) {
  EXPECT_EQ(send("a", "{}").status, 201);
  const ApiResponse other = send("a", "{ }");

  EXPECT_EQ(other.status, 422);
  EXPECT_THAT(other.body, HasSubstr(R"("field":"Idempotency-Key")"));
  EXPECT_EQ(served_, 1);
}

TEST_F(RepeatedRequestsTest, EachCallerHasKeysOfHisOwn) {
  const ApiRequest request{.method = "POST", .target = "/api/v1/tokens", .body = "{}"};
  const auto serve = [this] { return ApiResponse{201, "secret " + std::to_string(++served_)}; };

  EXPECT_EQ(requests_.answer("a", request, "token one", serve).body, "secret 1");
  EXPECT_EQ(requests_.answer("a", request, "token two", serve).body, "secret 2");
  EXPECT_EQ(requests_.answer("a", request, "token one", serve).body, "secret 1");
}

TEST_F(RepeatedRequestsTest, WhatWasRefusedCanBeTriedAgain) {
  EXPECT_EQ(send("a", "{", 400).status, 400);
  EXPECT_EQ(send("a", "{}", 503).status, 503);
  EXPECT_EQ(send("a", "{}").status, 201);
  EXPECT_EQ(served_, 3);
}

TEST_F(RepeatedRequestsTest, ARequestThatIsBeingServedIsNotServedTwice) {
  const ApiRequest request{.method = "POST", .target = "/x", .body = {}};
  ApiResponse meanwhile;
  const ApiResponse first = requests_.answer("a", request, kCaller, [&] {
    meanwhile = requests_.answer("a", request, kCaller, [] { return ApiResponse{201, "twice"}; });
    return ApiResponse{201, "once"};
  });

  EXPECT_EQ(first.body, "once");
  EXPECT_EQ(meanwhile.status, 409);
}

TEST_F(RepeatedRequestsTest, ARequestThatFailedUnexpectedlyCanBeTriedAgain) {
  const ApiRequest request{.method = "POST", .target = "/api/v1/accounts", .body = "{}"};
  EXPECT_THROW(
      (void)requests_.answer("a", request, kCaller, []() -> ApiResponse { throw std::runtime_error("memory"); }),
      std::runtime_error);
  EXPECT_EQ(send("a", "{}").status, 201);
}

TEST_F(RepeatedRequestsTest, KeysThatAreNoneAreRefused) {
  for (const std::string& key : {std::string(), std::string("a b"), std::string("\xC3\xA4"), std::string("a\n"),
                                 std::string(RepeatedRequests::kKeyBytesMax + 1, 'a')}) {
    EXPECT_EQ(send(key, "{}").status, 422) << key;
  }
  EXPECT_EQ(served_, 0);
  EXPECT_EQ(send(std::string(RepeatedRequests::kKeyBytesMax, 'a'), "{}").status, 201);
}

TEST_F(RepeatedRequestsTest, TheOldestAnswerIsForgottenFirst) {
  EXPECT_EQ(send("first", "{}").body, "1");
  for (std::size_t i = 1; i < RepeatedRequests::kRemembered; ++i) {
    EXPECT_EQ(send("key" + std::to_string(i), "{}").status, 201);
  }
  EXPECT_EQ(send("first", "{}").body, "1");
  EXPECT_EQ(send("another", "{}").status, 201);
  EXPECT_EQ(send("first", "{}").body, "1002") << "served again";
}

}  // namespace repeated_requests_test
}  // namespace tsp::linux_
