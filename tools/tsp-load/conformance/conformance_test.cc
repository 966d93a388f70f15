// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/conformance/conformance.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tools/tsp-load/conformance/dialogue.h"
#include "tools/tsp-load/loopback_broker_test_support.h"

namespace tsp::load::conformance {
namespace conformance_test {

using ::testing::HasSubstr;

constexpr std::size_t kStatements = 90;

TEST(Checks, EachStatementOfAServerIsThereOnceInItsPlace) {
  const std::vector<Check> checks = all_checks();
  ASSERT_EQ(checks.size(), kStatements);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    EXPECT_EQ(checks[i].number, (i < 9 ? "S-0" : "S-") + std::to_string(i + 1));
  }
}

TEST(Checks, WhatCannotBeAskedSaysWhy) {
  for (const Check& check : all_checks()) {
    EXPECT_TRUE(check.ask != nullptr || !check.unseen.empty()) << check.number;
  }
}

Check check_that(void (*ask)(const Target&), std::string_view unseen = {}) {
  return {.number = "S-01", .level = Level::Must, .statement = "it holds", .ask = ask, .unseen = unseen};
}

TEST(Verdict, SaysWhatTheCheckFound) {
  const Target target{};
  EXPECT_EQ(ask(check_that([](const Target&) {}), target).result, Result::Pass);
  const Verdict partly = ask(check_that([](const Target&) {}, "the rest"), target);
  EXPECT_EQ(partly.result, Result::Pass);
  EXPECT_EQ(partly.why, "unseen: the rest");
  const Verdict failed = ask(check_that([](const Target&) { require(false, "it was a 500"); }), target);
  EXPECT_EQ(failed.result, Result::Fail);
  EXPECT_EQ(failed.why, "it was a 500");
  const Verdict skipped = ask(check_that([](const Target&) { need(false, "no account"); }), target);
  EXPECT_EQ(skipped.result, Result::NotTested);
  EXPECT_EQ(skipped.why, "no account");
  const Verdict unseen = ask(check_that(nullptr, "it would take a fault"), target);
  EXPECT_EQ(unseen.result, Result::NotTested);
  EXPECT_EQ(unseen.why, "it would take a fault");
}

TEST(Report, HasALineForEachVerdictAndTheSums) {
  Report report{.server = make_endpoint({{192, 0, 2, 1}}, 3653)};
  report.verdicts = {{.check = check_that(nullptr), .result = Result::Pass},
                     {.check = check_that(nullptr), .result = Result::Fail, .why = "\"x\""}};
  EXPECT_THAT(to_text(report), HasSubstr("S-01 M  pass        it holds\n"));
  EXPECT_THAT(to_text(report), HasSubstr("1 passed, 1 failed, 0 not tested\n"));
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["statements"][1]["result"], "fail");
  EXPECT_EQ(json["statements"][1]["why"], "\"x\"");
}

TEST(Frames, AreReadAsStrictlyAsGogocDoes) {
  EXPECT_EQ(framed_status("Content-length: 13\r\n200 Success\r\n"), 200U);
  EXPECT_EQ(framed_status("Content-length:13\r\n200 Success\r\n"), 200U);
  for (const char* reply :
       {"200 Success\r\n", "Content-Length: 13\r\n200 Success\r\n", "Content-length: 13\r\n200 Succ",
        "Content-length: 5\r\n200 Success\r\n", "Content-length: x\r\n200 Success\r\n", ""}) {
    EXPECT_THROW(static_cast<void>(framed_status(reply)), Violation) << reply;
  }
}

// The core over UDP alone, anonymously.
TEST(Checks, AreAskedAsFarAsTheServerGoes) {
  const testing::LoopbackBroker broker({});
  const Target target{
      .server = broker.endpoint(),
      .local = map_ipv4({{127, 0, 0, 1}}),
      .udp = wire::Capabilities{.types = {TunnelType::V6UdpV4},
                                .mechanisms = {AuthMechanism::Anonymous, AuthMechanism::DigestMd5}},
  };
  std::map<std::string_view, Check> checks;
  for (const Check& check : all_checks()) checks.emplace(check.number, check);
  EXPECT_EQ(ask(checks.at("S-01"), target).result, Result::Fail) << "nobody listens on TCP";
  EXPECT_EQ(ask(checks.at("S-05"), target).result, Result::NotTested) << "nor can it be asked then";
  EXPECT_EQ(ask(checks.at("S-39"), target).result, Result::NotTested) << "it takes an account";
  for (const char* number : {"S-13", "S-16", "S-36", "S-55", "S-60"}) {
    EXPECT_EQ(ask(checks.at(number), target).result, Result::Pass) << number;
  }
}

TEST(Checks, OverIPv6AskForIPv4) {
  const Target target{.server = {*parse_ipv6("2001:db8::1"), 3653}, .local = *parse_ipv6("2001:db8::5")};
  EXPECT_EQ(target.usual_type(), RequestedType::V4V6);
  wire::CreateRequest request = create_request(target);
  EXPECT_EQ(request.client_ipv6, target.local);
  EXPECT_FALSE(request.client_ipv4);
  claim_address(request, {{192, 0, 2, 9}}, *parse_ipv6("2001:db8::9"));
  EXPECT_EQ(request.client_ipv6, *parse_ipv6("2001:db8::9"));
  EXPECT_FALSE(request.client_ipv4);
  for (const Target& asked : {target, Target{.server = make_endpoint({{192, 0, 2, 1}}, 3653)}}) {
    const MinimalCreate& minimal = minimal_create(asked);
    for (const std::string_view part : {minimal.type, minimal.address, minimal.address_element}) {
      EXPECT_THAT(std::string(minimal.text), HasSubstr(std::string(part)));
    }
  }
}

}  // namespace conformance_test
}  // namespace tsp::load::conformance
