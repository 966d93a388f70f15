// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/core_calls.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace tsp::linux_ {
namespace core_calls_test {

using namespace std::chrono_literals;

TEST(CoreCalls, CallerGetsTheAnswerToItsOwnRequest) {
  CoreCalls* answering = nullptr;
  std::vector<std::thread> core;
  CoreCalls calls(
      [&](AdminRequest request) {
        core.emplace_back([&, request] {
          answering->complete({.request = RequestId{request.request.value + 1}, .message = "another's"});
          answering->complete({.request = request.request, .message = "mine"});
        });
      },
      10s);
  answering = &calls;

  const auto reply = calls.call(StatusRequest{});
  for (std::thread& thread : core) thread.join();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->message, "mine");
}

TEST(CoreCalls, CallWithoutAnswerEnds) {
  CoreCalls calls([](AdminRequest /*request*/) {}, 10ms);

  EXPECT_FALSE(calls.call(StatusRequest{}));
}

TEST(CoreCalls, AnswerThatComesTooLateIsDropped) {
  RequestId asked;
  CoreCalls calls([&](const AdminRequest& request) { asked = request.request; }, 1ms);
  EXPECT_FALSE(calls.call(StatusRequest{}));
  calls.complete({.request = asked, .message = "late"});

  EXPECT_FALSE(calls.call(StatusRequest{})) << "the next call is not given the old answer";
}

TEST(CoreCalls, StopEndsWaitingCallsAndRefusesNewOnes) {
  CoreCalls* stopping = nullptr;
  std::thread core;
  CoreCalls calls([&](const AdminRequest& /*request*/) { core = std::thread([&] { stopping->stop(); }); }, 1h);
  stopping = &calls;

  EXPECT_FALSE(calls.call(StatusRequest{}));
  core.join();
  EXPECT_FALSE(calls.call(StatusRequest{}));
}

}  // namespace core_calls_test
}  // namespace tsp::linux_
