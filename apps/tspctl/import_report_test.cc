// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/import_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tsp::tspctl {
namespace import_report_test {

using linux_::ddtb::AccountFate;
using linux_::ddtb::Fate;
using linux_::ddtb::Import;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

Import make_import() {
  AccountFate alice{.login = "alice"};
  alice.prefix = *parse_prefix("2001:db8:f001::/48");
  alice.address = *parse_ipv6("2001:db8:f001::2");
  alice.server_address = *parse_ipv6("2001:db8:f001::1");
  AccountFate eve{.login = "eve"};
  eve.enabled = false;
  eve.notes = {"its password is not kept: why"};
  Import import{.plan = {}, .realm = "tunnels.example"};
  import.plan.accounts = {alice,
                          eve,
                          {.login = "bob", .fate = Fate::Present},
                          {.login = "a:\x1B[2J\xFF", .fate = Fate::Refused, .notes = {"a\nb"}}};
  import.plan.remarks = {"a remark\r"};
  return import;
}

class ImportReportTest : public testing::Test {
 protected:
  std::string text(bool applied) const { return report_text({old_place_, place_, applied, import_}); }

  const Import import_ = make_import();
  const std::string old_place_ = "DDTB at 192.0.2.1 3306";
  const std::string place_ = "/var/lib/tspd/tspd.db";
};

TEST_F(ImportReportTest, EachAccountIsNamedWithWhatItHas) {
  EXPECT_EQ(text(true),
            "old database: DDTB at 192.0.2.1 3306\n"
            "database: /var/lib/tspd/tspd.db\n"
            "realm: tunnels.example\n"
            "\n"
            "\"alice\": added, prefix 2001:db8:f001::/48, address 2001:db8:f001::2, server address 2001:db8:f001::1\n"
            "\"eve\": added, disabled\n"
            "  - its password is not kept: why\n"
            "\"bob\": there already\n"
            "\"a:\\u{1b}[2J\\xff\": not taken\n"
            "  - a\\nb\n"
            "\n"
            "a remark\\r\n"
            "\n"
            "accounts: 4 in the old database; 2 added, 1 of them with their prefix, 1 disabled; 1 there already; 1 not "
            "taken; notes about 2\n");
}

TEST_F(ImportReportTest, WhatWasNotDoneIsNotCalledDone) {
  EXPECT_THAT(text(false), HasSubstr("\"alice\": would be added"));
  EXPECT_THAT(text(false), HasSubstr("2 would be added"));
  EXPECT_THAT(text(false), HasSubstr("Nothing was written."));
  EXPECT_THAT(text(true), Not(HasSubstr("would")));
}

TEST_F(ImportReportTest, TheSameIsThereForPrograms) {
  const json report = report_json({old_place_, place_, true, import_});

  EXPECT_EQ(report["applied"], true);
  EXPECT_EQ(report["counts"]["added"], 2);
  EXPECT_EQ(report["counts"]["disabled"], 1);
  EXPECT_EQ(report["accounts"][0]["prefix"], "2001:db8:f001::/48");
  EXPECT_EQ(report["accounts"][0]["server_address"], "2001:db8:f001::1");
  EXPECT_EQ(report["accounts"][1]["prefix"], nullptr);
  EXPECT_EQ(report["accounts"][1]["enabled"], false);
  EXPECT_EQ(report["accounts"][2]["fate"], "present");
  EXPECT_EQ(report["accounts"][3]["fate"], "refused");
  EXPECT_NO_THROW(static_cast<void>(report.dump(2, ' ', false, json::error_handler_t::replace)));
}

}  // namespace import_report_test
}  // namespace tsp::tspctl
