// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/reload_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/tspctl/tspd_test_double.h"

namespace tsp::tspctl {
namespace reload_command_test {

using testing::ElementsAre;

class ReloadCommandTest : public TspdTestDouble {};

TEST_F(ReloadCommandTest, APlanSaysWhatWouldChange) {
  serve({{200, R"({"applied":false,"possible":true,"errors":[],"changes":[{"key":"tunnel.mtu","from":"1280",)"
               R"("to":"1300","needs_restart":false},{"key":"dns.domain","from":null,"to":"\"x\"",)"
               R"("needs_restart":false}]})"},
         {200, R"({"applied":true,"possible":true,"errors":[],"changes":[]})"}});
  EXPECT_EQ(reload(*client_, true, false),
            "tunnel.mtu: 1280 -> 1300\n"
            "dns.domain: as if it were not there -> \\\"x\\\"\n");
  EXPECT_EQ(reload(*client_, false, false), "nothing changes\n");
  EXPECT_THAT(requests_, ElementsAre("POST /api/v1/reload?dry_run=true ", "POST /api/v1/reload "));
}

TEST_F(ReloadCommandTest, WhatCannotBeTakenOverIsSaidAndAFailure) {
  serve({{200, R"({"applied":false,"possible":false,"errors":[{"file":"/a.toml","line":4,"key":"tunnel.mtu",)"
               R"("message":"bad"},{"file":"/a.toml","line":null,"key":null,"message":"worse"}],"changes":[]})"},
         {200, R"({"applied":false,"possible":false,"errors":[],"changes":[{"key":"store.path","from":"1",)"
               R"("to":"2","needs_restart":true}]})"},
         {409, R"({"error":{"message":"/a.toml:4: bad"}})"}});
  const Output faults = reload(*client_, true, false);
  ASSERT_FALSE(faults);
  EXPECT_EQ(faults.error().output, "/a.toml:4: tunnel.mtu: bad\n/a.toml: worse\n");
  EXPECT_EQ(faults.error().code, ExitCode::Invalid);
  EXPECT_EQ(reload(*client_, true, false).error().output, "store.path: 1 -> 2 (needs a restart)\n");
  EXPECT_EQ(reload(*client_, false, false).error().message, "/a.toml:4: bad");
}

}  // namespace reload_command_test
}  // namespace tsp::tspctl
