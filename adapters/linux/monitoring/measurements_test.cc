// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/measurements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <set>

#include "core/dataplane/drop_reason.h"

namespace tsp::linux_ {
namespace measurements_test {

using testing::HasSubstr;
using testing::Not;

Measurements serving() {
  StatusView view;
  view.ready = true;
  view.store_available = true;
  view.counters.auth_failed = 7;
  view.tunnels = {{.type = TunnelType::V6UdpV4, .installing = 1, .active = 20, .removing = 2}};
  view.tunnels_ended = {{EndReason::Idle, 5}};
  view.replies = {{200, 40}, {1301, 3}};
  view.ipv6_pool = {.claims = 21,
                    .quarantined = 4,
                    .hosts_available = 1000,
                    .anonymous_available = 1001,
                    .prefixes_available = {{56, 239}}};
  Measurements all;
  all.version = "1.2.3";
  all.broker = view;
  all.ready = true;
  all.datapath = "tun";
  return all;
}

TEST(Measurements, TellWhatTheBrokerCounts) {
  const std::string text = to_prometheus(serving());

  for (const char* line :
       {"tspd_build_info{version=\"1.2.3\"} 1\n", "tspd_main_loop_up 1\n", "tspd_ready 1\n",
        "tspd_tunnels{type=\"v6udpv4\",state=\"active\"} 20\n", "tspd_tunnels_ended_total{reason=\"idle\"} 5\n",
        "tspd_authentications_total{result=\"failed\"} 7\n", "tspd_replies_total{code=\"1301\"} 3\n",
        "tspd_pool_claims{family=\"ipv6\"} 21\n", "tspd_pool_quarantined{family=\"ipv6\"} 4\n",
        "tspd_pool_addresses_available{family=\"ipv6\",pool=\"anonymous\"} 1001\n",
        "tspd_pool_prefixes_available{family=\"ipv6\",length=\"56\"} 239\n", "tspd_store_up 1\n",
        "tspd_datapath_up 1\n", "tspd_draining 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("ipv4"))) << "there is no such pool";
}

TEST(Measurements, TellWhatTheDatapathCounts) {
  Measurements all = serving();
  all.forwarded.packets_up = 3;
  all.forwarded.bytes_down = 9'007'199'254'740'992;  // 2^53
  all.forwarded.drops[static_cast<std::size_t>(dataplane::DropReason::ForeignSource)] = 11;
  all.forwarded.offloads.tun_tso = true;
  const std::string text = to_prometheus(all);

  for (const char* line : {"tspd_datapath_info{type=\"tun\"} 1\n", "tspd_datapath_packets_total{direction=\"up\"} 3\n",
                           "tspd_datapath_bytes_total{direction=\"down\"} 9007199254740992\n",
                           "tspd_datapath_dropped_packets_total{reason=\"foreign_source\"} 11\n",
                           "tspd_datapath_offload_active{offload=\"tun_tso\"} 1\n",
                           "tspd_datapath_offload_active{offload=\"tun_uso\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Measurements, TellHowLongTheStoreTakes) {
  StoreLatency latency;
  latency.submitted(CommitChanges{.op = OpId{1}, .changes = {}}, {});
  latency.completed(OpId{1}, {std::chrono::milliseconds(20)});
  Measurements all = serving();
  all.store_latency = latency.view();
  const std::string text = to_prometheus(all);

  for (const char* line : {"tspd_store_order_duration_seconds_bucket{order=\"commit\",le=\"0.01\"} 0\n",
                           "tspd_store_order_duration_seconds_bucket{order=\"commit\",le=\"0.025\"} 1\n",
                           "tspd_store_order_duration_seconds_bucket{order=\"commit\",le=\"10\"} 1\n",
                           "tspd_store_order_duration_seconds_bucket{order=\"commit\",le=\"+Inf\"} 1\n",
                           "tspd_store_order_duration_seconds_count{order=\"commit\"} 1\n",
                           "tspd_store_order_duration_seconds_count{order=\"probe\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Measurements, TheDnsIsToldOfOnlyIfThereIsOne) {
  Measurements all = serving();
  EXPECT_THAT(to_prometheus(all), Not(HasSubstr("tspd_dns")));
  all.dns = DnsStatus{.place = "192.0.2.53", .done = 5, .pending = 2, .refused = 1};
  EXPECT_THAT(to_prometheus(all), HasSubstr("tspd_dns_accounts{state=\"pending\"} 2\n"));
}

TEST(Measurements, AMainLoopThatHangsTakesNothingElseWithIt) {
  Measurements all = serving();
  all.broker = std::nullopt;
  all.ready = false;
  all.process.open_descriptors = 12;
  const std::string text = to_prometheus(all);

  EXPECT_THAT(text, HasSubstr("tspd_main_loop_up 0\n"));
  EXPECT_THAT(text, HasSubstr("tspd_ready 0\n"));
  EXPECT_THAT(text, HasSubstr("process_open_fds 12\n"));
  EXPECT_THAT(text, HasSubstr("tspd_datapath_packets_total"));
  EXPECT_THAT(text, Not(HasSubstr("tspd_tunnels")));
}

TEST(Measurements, EachFamilyComesOnceAndIsExplained) {
  Measurements all = serving();
  all.events = {{"tunnel_up", 3}};
  const std::string text = to_prometheus(all);
  const std::regex line("# (HELP|TYPE) (\\S+) (.+)");
  std::set<std::string> explained;
  std::set<std::string> typed;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
    auto& seen = (*match)[1] == "HELP" ? explained : typed;
    EXPECT_TRUE(seen.insert((*match)[2]).second) << (*match)[2] << " comes twice";
  }

  EXPECT_EQ(explained, typed);
  EXPECT_TRUE(explained.contains("tspd_events_total"));
  EXPECT_FALSE(text.ends_with('\n'));
}

}  // namespace measurements_test
}  // namespace tsp::linux_
