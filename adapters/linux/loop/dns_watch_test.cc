// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/dns_watch.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace dns_watch_test {

std::string look(DnsWatch& watch, const dns::DnsSummary& summary) {
  const auto said = watch.look(summary);
  return said ? said->second.render(LogFormat::Text) : "";
}

TEST(DnsWatch, AFailureIsSaidOnceAndSoIsItsEnd) {
  DnsWatch watch;
  dns::DnsSummary summary{.place = "192.0.2.53:53", .zones = {}, .done = 3};
  EXPECT_EQ(look(watch, summary), "");

  summary.pending = 2;
  summary.error = "Connection refused";
  EXPECT_EQ(look(watch, summary),
            R"(event=dns_failed place="192.0.2.53:53" pending=2 refused=0 detail="Connection refused")");
  summary.pending = 3;
  EXPECT_EQ(look(watch, summary), "") << "it is known";

  summary.pending = 0;
  summary.error.clear();
  EXPECT_EQ(look(watch, summary), R"(event=dns_recovered place="192.0.2.53:53" pending=0 refused=0)");
  EXPECT_EQ(look(watch, summary), "");
}

TEST(DnsWatch, AnotherFailureIsSaid) {
  DnsWatch watch;
  EXPECT_NE(look(watch, {.place = "folder", .zones = {}, .pending = 1, .error = "No space left on device"}), "");
  EXPECT_NE(look(watch, {.place = "folder", .zones = {}, .pending = 1, .error = "Permission denied"}), "");
}

}  // namespace dns_watch_test
}  // namespace tsp::linux_
