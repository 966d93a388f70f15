// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "adapters/linux/config/load.h"
#include "adapters/linux/config/reference.h"

namespace tsp::linux_ {
namespace keys_test {

// For each key a valid value that is not its default, as it is written in the file.
const std::map<std::string, std::string> kOtherValues = {
    {"prefix", "\"2001:db8:1::/48\""},
    {"server.listen", "[\"192.0.2.1:3654\", \"192.0.2.2:3653\"]"},
    {"server.realm", "\"tunnels.example\""},
    {"server.broker_id", "7"},
    {"server.public_addresses", "[\"198.51.100.1:3654\", \"[2001:db8::1]:3654\", \"ts1.example.net\"]"},
    {"server.region", "\"eu-west\""},
    {"server.weight", "2"},
    {"server.own_addresses", "[\"192.0.2.1\", \"2001:db8:1::1\"]"},
    {"server.allow_private_outer_addresses", "true"},
    {"store.type", "\"mysql\""},
    {"store.mysql.host", "\"db.example.net\""},
    {"store.mysql.port", "3307"},
    {"store.mysql.socket", "\"/run/mysqld/mysqld.sock\""},
    {"store.mysql.database", "\"tunnels\""},
    {"store.mysql.user", "\"broker-1\""},
    {"store.mysql.password_file", "\"/etc/tspd/mysql.password\""},
    {"store.mysql.tls", "false"},
    {"store.mysql.ca_file", "\"/etc/tspd/ca.pem\""},
    {"store.mysql.timeout_seconds", "2"},
    {"store.path", "\"/tmp/store.db\""},
    {"store.key_file", "\"/etc/tspd/keys\""},
    {"store.busy_timeout_ms", "5"},
    {"store.commit_delay_ms", "10"},
    {"control.socket", "\"/tmp/control.sock\""},
    {"pool.server_address", "\"2001:db8:1::5\""},
    {"pool.hosts", "\"2001:db8:1::/64\""},
    {"pool.anonymous", "\"2001:db8:1:1::/64\""},
    {"pool.delegations", "[\"2001:db8:1:8000::/49\"]"},
    {"pool.prefix_length_shortest", "60"},
    {"pool.prefix_length_longest", "62"},
    {"pool.ipv4_prefix", "\"100.64.0.0/16\""},
    {"pool.ipv4_prefix_length_shortest", "25"},
    {"pool.ipv4_prefix_length_longest", "29"},
    {"pool.quarantine_anonymous_seconds", "0"},
    {"pool.quarantine_account_seconds", "5"},
    {"auth.anonymous", "true"},
    {"auth.plain", "true"},
    {"auth.digest_md5", "false"},
    {"tunnel.types", "[\"v6udpv4\"]"},
    {"tunnel.prefer_udp", "true"},
    {"tunnel.mtu", "1400"},
    {"tunnel.mss_clamp", "false"},
    {"tunnel.keepalive_seconds_default", "20"},
    {"tunnel.keepalive_seconds_min", "5"},
    {"tunnel.keepalive_seconds_max", "30"},
    {"tunnel.lifetime_minutes", "60"},
    {"tunnel.dns_servers", "[\"2001:db8:1::53\", \"2001:db8:1::54\"]"},
    {"tunnel.idle_seconds_min", "1"},
    {"tunnel.idle_seconds_without_keepalive", "3600"},
    {"redirect.brokers", "[\"198.51.100.1\", \"ts1.example.net\"]"},
    {"redirect.weights", "[2]"},
    {"redirect.broker_ids", "[7]"},
    {"redirect.regions", "[\"north\"]"},
    {"redirect.capacities", "[500]"},
    {"redirect.brokers_per_datagram_max", "2"},
    {"store.takeover_check_seconds", "2"},
    {"store.history_days", "90"},
    {"store.audit_days", "91"},
    {"pool.other_pools", "[\"2001:db9::/32\", \"100.65.0.0/16\"]"},
    {"pool.route_all_leases", "true"},
    {"tunnel.mtu_anonymous", "1281"},
    {"tunnel.mtu_ipv4", "1282"},
    {"tunnel.allow_proxy", "true"},
    {"times.session_retention_seconds", "2"},
    {"times.stream_timeout_seconds", "2"},
    {"times.store_patience_seconds", "2"},
    {"times.store_probe_interval_seconds", "2"},
    {"limits.sessions_half_open_max", "11"},
    {"limits.sessions_half_open_per_source_max", "12"},
    {"limits.streams_max", "13"},
    {"limits.streams_per_source_max", "14"},
    {"limits.tunnels_max", "15"},
    {"limits.anonymous_tunnels_per_source_max", "17"},
    {"limits.hello_per_source_per_second", "18"},
    {"limits.hello_per_source_burst", "19"},
    {"limits.hello_per_network_per_second", "20"},
    {"limits.hello_per_network_burst", "21"},
    {"limits.auth_failures_per_source_per_second", "22"},
    {"limits.auth_failures_per_source_burst", "23"},
    {"limits.auth_failures_per_account_per_second", "24"},
    {"limits.auth_failures_per_account_burst", "25"},
    {"limits.evictions_max", "26"},
    {"limits.evictions_window_seconds", "27"},
    {"limits.redirects_per_source_max", "29"},
    {"limits.redirects_window_seconds", "30"},
    {"limits.updates_per_account_per_minute_max", "34"},
    {"limits.reply_resends_max", "28"},
    {"limits.allow_low_source_ports", "true"},
    {"update.listen", "[\"127.0.0.1:8053\"]"},
    {"update.certificate", "\"/etc/tspd/certificate.pem\""},
    {"update.private_key", "\"/etc/tspd/key.pem\""},
    {"update.trusted_proxies", "[\"127.0.0.1\"]"},
    {"update.tunnel_address", "\"192.0.2.1\""},
    {"update.connections_max", "30"},
    {"update.connections_per_source_max", "31"},
    {"update.requests_per_source_per_second", "32"},
    {"update.requests_per_source_burst", "33"},
    {"datapath.type", "\"utun\""},
    {"datapath.device", "\"tsp9\""},
    {"datapath.device_mtu", "1480"},
    {"datapath.workers", "2"},
    {"datapath.offloads", "false"},
    {"dns.server", "\"[2001:db8::53]:53\""},
    {"dns.key_file", "\"/etc/tspd/dns.key\""},
    {"dns.fragment_folder", "\"/var/lib/tspd/zones\""},
    {"dns.zones", "[\"8.b.d.0.1.0.0.2.ip6.arpa\", \"example.net\"]"},
    {"dns.domain", "\"tunnels.example.net\""},
    {"dns.ttl_seconds", "60"},
    {"dns.accounts_max", "5"},
    {"api.listen", "[\"127.0.0.1:8053\", \"[::1]:8053\"]"},
    {"api.console", "false"},
    {"api.certificate", "\"/etc/tspd/certificate.pem\""},
    {"api.private_key", "\"/etc/tspd/key.pem\""},
    {"api.trusted_proxies", "[\"127.0.0.1\", \"2001:db8::7\"]"},
    {"api.connections_max", "30"},
    {"api.connections_per_source_max", "31"},
    {"api.requests_per_source_per_second", "32"},
    {"api.requests_per_source_burst", "33"},
    {"api.session_idle_seconds", "600"},
    {"api.session_seconds_max", "700"},
    {"api.event_streams_max", "18"},
    {"api.event_streams_per_source_max", "19"},
    {"metrics.listen", "[\"127.0.0.1:9653\", \"[::1]:9653\"]"},
    {"log.level", "\"debug\""},
    {"log.format", "\"json\""},
    {"log.client_addresses", "\"hidden\""},
    {"log.refusals_per_minute_max", "1"},
    {"log.events_per_minute_max", "2"},
};

// Keys of the DNS of which one needs another.
std::vector<std::string_view> companions_of(const Key& key) {
  if (key.section != "dns" || key.name == "ttl_seconds" || key.name == "accounts_max") return {};
  if (key.name == "server") return {"key_file", "zones"};
  if (key.name == "key_file") return {"server", "zones"};
  if (key.name == "fragment_folder") return {"zones"};
  if (key.name == "zones") return {"fragment_folder"};
  return {"fragment_folder", "zones"};
}

std::string file_with(const Key& key, const std::string& value) {
  const std::string line = std::string(key.name) + " = " + value + "\n";
  if (key.section.empty()) return line;
  std::string text = "prefix = \"2001:db8:1::/48\"\n[" + std::string(key.section) + "]\n" + line;
  // One mechanism must be left.
  if (full_name(key) == "auth.digest_md5") text += "plain = true\n";
  // Lists that go with another one.
  static constexpr std::array kOfBrokers{"weights", "broker_ids", "regions", "capacities"};
  if (key.section == "redirect" && std::ranges::count(kOfBrokers, key.name) > 0) {
    text += "brokers = [\"198.51.100.1\"]\n";
  }
  // A server is somewhere, and the brokers on it have the same realm.
  if (full_name(key) == "store.type") {
    text += "[store.mysql]\nhost = \"db.example.net\"\n[server]\nrealm = \"tunnels.example\"\n";
  }
  for (const std::string_view other : companions_of(key)) {
    text += std::string(other) + " = " + kOtherValues.at("dns." + std::string(other)) + "\n";
  }
  // Without addresses of the host this follows from nothing.
  if (full_name(key) == "update.listen") text += "tunnel_address = \"192.0.2.1\"\n";
  return text;
}

TEST(ConfigKeys, NamesAreUnique) {
  std::set<std::string> names;
  for (const Key& key : all_keys()) EXPECT_TRUE(names.insert(full_name(key)).second) << full_name(key);
}

TEST(ConfigKeys, EachKeyTakesEffectAndNoOtherChanges) {
  for (const Key& key : all_keys()) {
    const auto other = kOtherValues.find(full_name(key));
    ASSERT_NE(other, kOtherValues.end()) << full_name(key) << " has no value in this test";
    const auto config = parse_config(file_with(key, other->second), {});
    ASSERT_TRUE(config) << to_text("test", config.error().front());

    EXPECT_EQ(key.show(*config), other->second) << full_name(key);
    EXPECT_NE(key.show(DaemonConfig()), other->second) << full_name(key) << ": the value is the default";
    const std::vector<std::string_view> companions = companions_of(key);
    for (const Key& untouched : all_keys()) {
      const std::string name = full_name(untouched);
      if (name == full_name(key) || name == "prefix" || name == "auth.plain" || name == "redirect.brokers" ||
          name == "update.tunnel_address" || name == "store.mysql.host" || name == "server.realm" ||
          std::ranges::count(companions, untouched.name) > 0) {
        continue;
      }
      EXPECT_EQ(untouched.show(*config), untouched.show(DaemonConfig())) << name << " changed with " << full_name(key);
    }
  }
}

TEST(ConfigKeys, KeysThatNeedARestartAreNamed) {
  const auto running = parse_config("prefix = \"2001:db8:1::/48\"\n", {});
  const auto wanted = parse_config(
      "prefix = \"2001:db8:2::/48\"\n[tunnel]\nmtu = 1300\n[datapath]\ndevice = \"tsp1\"\n[log]\nlevel = \"debug\"\n",
      {});
  ASSERT_TRUE(running);
  ASSERT_TRUE(wanted);

  EXPECT_THAT(changes_needing_restart(*running, *wanted), testing::ElementsAre("prefix", "datapath.device"));
  EXPECT_THAT(changes_needing_restart(*running, *running), testing::IsEmpty());
}

TEST(ConfigKeys, ServerAddressThatFollowsFromOtherKeysNeedsARestartToo) {
  const auto running = parse_config("prefix = \"2001:db8:1::/48\"\n", {});
  const auto wanted = parse_config("prefix = \"2001:db8:1::/48\"\n[pool]\nhosts = \"2001:db8:1:2::/64\"\n", {});
  ASSERT_TRUE(running);
  ASSERT_TRUE(wanted);

  EXPECT_THAT(changes_needing_restart(*running, *wanted), testing::ElementsAre("pool.server_address"));
}

TEST(ConfigReference, DocumentHoldsTheGeneratedReference) {
  std::ifstream file(TSP_SOURCE_DIR "/docs/operating/configuration.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};

  EXPECT_TRUE(document.ends_with(config_reference())) << "write it again: tspd --print-config-reference";
}

TEST(ConfigReference, EachKeySaysWhatFollowsIfItIsMissing) {
  for (const Key& key : all_keys()) {
    EXPECT_NE(key.show(DaemonConfig()).empty(), key.default_in_words.empty()) << full_name(key);
    EXPECT_EQ(key.help.find('|'), std::string_view::npos) << full_name(key) << " breaks the table";
  }
}

TEST(ChangedKeys, AreNamedWhetherOrNotTheyNeedARestart) {
  DaemonConfig wanted;
  wanted.store.path = "/elsewhere";
  wanted.broker.tunnel_mtu = 1300;

  EXPECT_THAT(changed_keys(DaemonConfig(), wanted), testing::ElementsAre("store.path", "tunnel.mtu"));
  EXPECT_THAT(changes_needing_restart(DaemonConfig(), wanted), testing::ElementsAre("store.path"));
  EXPECT_THAT(changed_keys(wanted, wanted), testing::IsEmpty());
}

}  // namespace keys_test
}  // namespace tsp::linux_
