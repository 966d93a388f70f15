// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tsp::linux_ {
namespace load_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr IPv4Address kHostAddress{{192, 0, 2, 1}};

std::expected<DaemonConfig, std::vector<ConfigError>> parse(const std::string& text) {
  return parse_config(text, {map_ipv4(kHostAddress)});
}

DaemonConfig parse_valid(const std::string& text) {
  auto config = parse(text);
  EXPECT_TRUE(config) << to_text("test.toml", config.error().front());
  return config ? *config : DaemonConfig();
}

// The only error, as it is printed.
std::string error_of(const std::string& text) {
  const auto config = parse(text);
  if (config) return "no error";
  EXPECT_EQ(config.error().size(), 1U);
  return to_text("test.toml", config.error().front());
}

const std::string kPrefix = "prefix = \"2001:db8::/48\"\n";

TEST(LoadConfig, PrefixAloneIsEnough) {
  const DaemonConfig config = parse_valid(kPrefix);

  const BrokerConfig& broker = config.broker;
  EXPECT_EQ(to_text(broker.pool.prefix), "2001:db8::/48");
  EXPECT_TRUE(broker.pool.hosts.contains(broker.pool.server_address));
  EXPECT_TRUE(broker.pool.anonymous.has_value());
  EXPECT_FALSE(broker.pool.delegations.empty());
  EXPECT_FALSE(broker.dns_servers.empty());
  EXPECT_TRUE(broker.auth_digest_md5);
  EXPECT_THAT(broker.own_addresses, ElementsAre(map_ipv4(kHostAddress)));
  EXPECT_EQ(to_text(config.listen.front()), "0.0.0.0:3653");
}

TEST(LoadConfig, PrefixIsRequired) {
  EXPECT_EQ(error_of("[tunnel]\nmtu = 1280\n"),
            "test.toml: prefix: must be set: the IPv6 prefix that is routed to this host, such as \"2001:db8::/48\"");
}

TEST(LoadConfig, SyntaxErrorNamesTheLine) {
  EXPECT_THAT(error_of(kPrefix + "[tunnel\nmtu = 1280\n"), StartsWith("test.toml:2: "));
}

TEST(LoadConfig, MissingQuotesAreCalledThat) {
  for (const char* line :
       {"prefix = \"2001:db8::/48", "prefix = 2001:db8::/48\"", "prefix = \"2001:db8::/48\n[auth]"}) {
    EXPECT_THAT(error_of(line), StartsWith("test.toml:1: a double quote is missing in this line")) << line;
  }
  for (const char* line : {"prefix = 2001:db8::/48", "[server]\nrealm = test", "[log]\nlevel = info",
                           "[server]\nlisten = [0.0.0.0:3653]"}) {
    EXPECT_THAT(error_of(line), HasSubstr(": texts and addresses must stand in double quotes")) << line;
  }
  EXPECT_THAT(error_of("[tunnel]\nmtu 1280"), testing::Not(HasSubstr("quote")));
}

TEST(LoadConfig, WhatIsQuotedFromTheFileStaysInOneLine) {
  for (const std::string& text :
       {std::string("prefix = fa\n"), kPrefix + "\"a\\nb\" = 1\n", std::string("prefix = \"2001:db8::\\n/48\"\n")}) {
    EXPECT_EQ(error_of(text).find('\n'), std::string::npos) << text;
  }
}

TEST(LoadConfig, WrongTypeNamesWhatWasExpectedAndFound) {
  EXPECT_EQ(error_of(kPrefix + "[tunnel]\nmtu = \"large\"\n"),
            "test.toml:3: tunnel.mtu: expected a whole number from 1280 to 1472, found \"large\"");
  EXPECT_EQ(error_of(kPrefix + "[auth]\nplain = 1\n"), "test.toml:3: auth.plain: expected true or false, found 1");
  EXPECT_EQ(error_of(kPrefix + "[server]\nlisten = \"0.0.0.0:3653\"\n"),
            "test.toml:3: server.listen: expected a list, not empty, of an address and port such as "
            "\"0.0.0.0:3653\" or \"[::]:3653\", found \"0.0.0.0:3653\"");
  EXPECT_THAT(error_of(kPrefix + "[times]\nstream_timeout_seconds = 1.5\n"), HasSubstr("found a fraction"));
  EXPECT_THAT(error_of(kPrefix + "[tunnel.mtu]\nx = 1\n"), HasSubstr("found a table"));
}

TEST(LoadConfig, TheApiIsInClearAtLoopbackOnly) {
  const std::string certificate = "certificate = \"/c.pem\"\n";
  const std::string key = "private_key = \"/k.pem\"\n";
  const auto api = [](const std::string& listen) { return kPrefix + "[api]\nlisten = [" + listen + "]\n"; };
  EXPECT_EQ(parse_valid(api("\"127.0.0.1:8053\", \"[::1]:8053\"")).api.listen.size(), 2U);
  for (const char* address :
       {"\"127.0.0.1:1\", \"192.0.2.7:8053\"", "\"0.0.0.0:8053\"", "\"[::]:8053\"", "\"[2001:db8::1]:8053\""}) {
    EXPECT_THAT(error_of(api(address)), HasSubstr("is no address of loopback")) << address;
    EXPECT_FALSE(parse_valid(api(address) + certificate + key).api.listen.empty());
    EXPECT_THAT(error_of(api(address) + certificate), HasSubstr("both or none of certificate and private_key"));
  }
}

TEST(LoadConfig, ValueOutOfRangeNamesTheRange) {
  EXPECT_EQ(error_of(kPrefix + "[tunnel]\nmtu = 1500\n"),
            "test.toml:3: tunnel.mtu: expected a whole number from 1280 to 1472, found 1500");
  EXPECT_THAT(error_of(kPrefix + "[limits]\nstreams_max = -1\n"), HasSubstr("found -1"));
  EXPECT_THAT(error_of(kPrefix + "[server]\nbroker_id = 4294967297\n"), HasSubstr("found 4294967297"));
}

TEST(LoadConfig, UnknownKeyNamesTheKnownOnes) {
  EXPECT_EQ(error_of(kPrefix + "[store]\nfile = \"/x\"\n"),
            "test.toml:3: store.file: unknown key; [store] has type, path, key_file, takeover_check_seconds, "
            "busy_timeout_ms, commit_delay_ms, history_days, audit_days");
  EXPECT_THAT(error_of(kPrefix + "prefixes = []\n"),
              StartsWith("test.toml:2: prefixes: unknown key; expected prefix or one of the sections [server]"));
}

TEST(LoadConfig, UnknownSectionIsReportedOnce) {
  EXPECT_THAT(error_of(kPrefix + "[tunnels]\nmtu = 1280\nx = 1\n"),
              StartsWith("test.toml:2: tunnels: unknown section; expected one of [server]"));
}

TEST(LoadConfig, AllErrorsAreReportedInTheOrderOfTheFile) {
  const auto config = parse("[tunnel]\nmtu = 1\n[auth]\nplain = 2\nx = 3\n");

  ASSERT_FALSE(config);
  std::vector<unsigned> lines;
  for (const ConfigError& error : config.error()) lines.push_back(error.line);
  EXPECT_THAT(lines, ElementsAre(2U, 4U, 5U));
}

TEST(LoadConfig, PrefixWithHostBitsIsRefused) {
  EXPECT_THAT(error_of("prefix = \"2001:db8::1/48\"\n"), HasSubstr("test.toml:1: prefix: expected an IPv6 prefix"));
}

TEST(LoadConfig, PrefixThatCannotBeDividedIsRefused) {
  EXPECT_THAT(error_of("prefix = \"2001:db8::/80\"\n"), StartsWith("test.toml:1: prefix: "));
}

TEST(LoadConfig, ExplicitPoolReplacesTheDerivedOne) {
  const DaemonConfig config = parse_valid(kPrefix +
                                          "[pool]\n"
                                          "server_address = \"2001:db8:0:7::1\"\n"
                                          "hosts = \"2001:db8:0:7::/64\"\n"
                                          "anonymous = \"2001:db8:0:8::/64\"\n"
                                          "delegations = [\"2001:db8:0:8000::/49\"]\n"
                                          "prefix_length_shortest = 56\n"
                                          "prefix_length_longest = 60\n");

  const PoolLayout& pool = config.broker.pool;
  EXPECT_EQ(to_text(pool.server_address), "2001:db8:0:7::1");
  EXPECT_EQ(to_text(pool.hosts), "2001:db8:0:7::/64");
  EXPECT_EQ(to_text(*pool.anonymous), "2001:db8:0:8::/64");
  ASSERT_EQ(pool.delegations.size(), 1U);
  EXPECT_EQ(to_text(pool.delegations.front()), "2001:db8:0:8000::/49");
  EXPECT_EQ(config.broker.prefix_limits, (PrefixLimits{56, 60}));
}

TEST(LoadConfig, HostsBringTheServerAddressAlong) {
  const DaemonConfig config = parse_valid(kPrefix + "[pool]\nhosts = \"2001:db8:0:7::/64\"\n");

  EXPECT_EQ(to_text(config.broker.pool.server_address), "2001:db8:0:7::1");
}

TEST(LoadConfig, LongPrefixServesTheHostsThatTheFileNames) {
  const DaemonConfig config = parse_valid("prefix = \"2001:db8::/112\"\n[pool]\nhosts = \"2001:db8::/113\"\n");

  EXPECT_EQ(to_text(config.broker.pool.server_address), "2001:db8::1");
  EXPECT_FALSE(config.broker.pool.anonymous.has_value());
  EXPECT_THAT(config.broker.pool.delegations, testing::IsEmpty());
}

TEST(LoadConfig, AnonymousClientsNeedARange) {
  EXPECT_EQ(error_of("prefix = \"2001:db8::/112\"\n[pool]\nhosts = \"2001:db8::/113\"\n[auth]\nanonymous = true\n"),
            "test.toml:5: auth.anonymous: anonymous clients need addresses: pool.anonymous must be set");
}

TEST(LoadConfig, PoolPartsThatOverlapAreRefused) {
  EXPECT_THAT(error_of(kPrefix + "[pool]\ndelegations = [\"2001:db8::/48\"]\n"), StartsWith("test.toml:2: pool: "));
}

TEST(LoadConfig, PrefixLengthsInTheWrongOrderAreRefused) {
  EXPECT_THAT(error_of(kPrefix + "[pool]\nprefix_length_shortest = 60\nprefix_length_longest = 56\n"),
              StartsWith("test.toml:4: pool.prefix_length_longest: "));
}

TEST(LoadConfig, KeepaliveBoundsMustAgree) {
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\nkeepalive_seconds_min = 26\n"),
              StartsWith("test.toml:3: tunnel.keepalive_seconds_min: is greater than"));
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\nkeepalive_seconds_default = 5\n"),
              StartsWith("test.toml:3: tunnel.keepalive_seconds_default: expected 0 or a number between"));
  EXPECT_EQ(parse_valid(kPrefix + "[tunnel]\nkeepalive_seconds_default = 0\n").broker.keepalive_seconds_default, 0U);
}

TEST(LoadConfig, KeepaliveDefaultFollowsTheBounds) {
  const auto config = parse_valid(kPrefix + "[tunnel]\nkeepalive_seconds_min = 1\nkeepalive_seconds_max = 2\n");

  EXPECT_EQ(config.broker.keepalive_seconds_default, 2U);
  EXPECT_EQ(parse_valid(kPrefix).broker.keepalive_seconds_default, 25U);
}

TEST(LoadConfig, SomeMechanismIsNeeded) {
  EXPECT_EQ(error_of(kPrefix + "[auth]\ndigest_md5 = false\n"),
            "test.toml:2: auth: expected at least one of anonymous, plain, digest_md5 to be true");
}

TEST(LoadConfig, AddressesToListenOnMustNotCoverEachOther) {
  EXPECT_THAT(error_of(kPrefix + "[server]\nlisten = [\"0.0.0.0:3653\", \"192.0.2.1:3653\"]\n"),
              StartsWith("test.toml:3: server.listen: 192.0.2.1:3653 is already covered"));
  EXPECT_EQ(parse_valid(kPrefix + "[server]\nlisten = [\"192.0.2.1:3653\", \"192.0.2.2:3653\"]\n").listen.size(), 2U);
}

TEST(LoadConfig, ListenNeedsAnAddressAndAPort) {
  for (const char* wrong :
       {"0.0.0.0", "0.0.0.0:0", "0.0.0.0:65536", "0.0.0.0:+1", "[::]", "[::]:0", "::1:3653", ":3653", ""}) {
    EXPECT_THAT(error_of(kPrefix + "[server]\nlisten = [\"" + wrong + "\"]\n"), HasSubstr("server.listen: expected"))
        << wrong;
  }
}

TEST(LoadConfig, TunnelMtuMustFitTheDevice) {
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\nmtu = 1400\n[datapath]\ndevice_mtu = 1300\n"),
              StartsWith("test.toml:3: tunnel.mtu: is greater than datapath.device_mtu (1300)"));
}

TEST(LoadConfig, NoAccountsMtuIsGreaterThanTheDevices) {
  EXPECT_EQ(parse_valid(kPrefix + "[datapath]\ndevice_mtu = 1400\n").broker.tunnel_mtu_max, 1400);
}

TEST(LoadConfig, OwnAddressesOfTheFileReplaceThoseOfTheHost) {
  EXPECT_THAT(parse_valid(kPrefix + "[server]\nown_addresses = []\n").broker.own_addresses, testing::IsEmpty());
}

TEST(LoadConfig, DnsServersMustNotBeEmpty) {
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\ndns_servers = []\n"), HasSubstr("expected a list, not empty"));
}

TEST(LoadConfig, DeviceNamesThatTheKernelRefusesAreRefused) {
  for (const char* wrong : {"", "sixteen-letters-", "a b", "a/b"}) {
    EXPECT_THAT(error_of(kPrefix + "[datapath]\ndevice = \"" + wrong + "\"\n"), HasSubstr("datapath.device: expected"))
        << wrong;
  }
}

TEST(LoadConfig, PathsMustBeAbsolute) {
  EXPECT_THAT(error_of(kPrefix + "[store]\npath = \"tspd.db\"\n"), HasSubstr("expected an absolute path"));
  EXPECT_THAT(error_of(kPrefix + "[control]\nsocket = \"/" + std::string(107, 'x') + "\"\n"),
              HasSubstr("at most 107 bytes"));
}

TEST(LoadConfig, UpdatesMakeTunnelsToTheFirstAddressThatIsServed) {
  const std::string update = "[update]\nlisten = [\"127.0.0.1:8053\"]\n";
  EXPECT_EQ(parse_valid(kPrefix).broker.update_tunnel_address, std::nullopt);
  EXPECT_EQ(parse_valid(kPrefix + update).broker.update_tunnel_address, kHostAddress);
  EXPECT_EQ(parse_valid(kPrefix + "[server]\nlisten = [\"192.0.2.7:3653\"]\n" + update).broker.update_tunnel_address,
            (IPv4Address{{192, 0, 2, 7}}));
  EXPECT_EQ(parse_valid(kPrefix + update + "tunnel_address = \"192.0.2.9\"\n").broker.update_tunnel_address,
            (IPv4Address{{192, 0, 2, 9}}));
}

TEST(LoadConfig, UpdatesNeedAnAddressThatIsServedAndTheTypeOfTheirTunnels) {
  const std::string update = "[update]\nlisten = [\"127.0.0.1:8053\"]\n";
  EXPECT_THAT(error_of(kPrefix + "[server]\nown_addresses = []\n" + update),
              HasSubstr("update.tunnel_address: must be"));
  EXPECT_THAT(
      error_of(kPrefix + "[server]\nlisten = [\"192.0.2.7:3653\"]\n" + update + "tunnel_address = \"192.0.2.1\"\n"),
      HasSubstr("192.0.2.1 is not served"));
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\ntypes = [\"v6udpv4\"]\n" + update), HasSubstr("tunnel.types"));
}

TEST(LoadConfig, ACertificateNeedsItsKey) {
  EXPECT_THAT(error_of(kPrefix + "[update]\nlisten = [\"127.0.0.1:8053\"]\ncertificate = \"/c.pem\"\n"),
              HasSubstr("both or none"));
}

TEST(LoadConfig, FileThatIsNotThereIsNamed) {
  const auto config = load_config("/nonexistent/tspd.toml");

  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre("/nonexistent/tspd.toml: cannot be read: No such file or directory"));
}

TEST(LoadConfig, FolderInPlaceOfTheFileIsNamed) {
  const auto config = load_config("/tmp");

  ASSERT_FALSE(config);
  EXPECT_THAT(config.error(), ElementsAre("/tmp: cannot be read: Is a directory"));
}

TEST(LoadConfig, OtherBrokersAreAddressesOrNamesWithTheirWeights) {
  const auto config = parse_valid(
      kPrefix +
      "[redirect]\nbrokers = [\"198.51.100.1\", \"ts1.example.net\", \"2001:db8::33\"]\nweights = [3, 0, 1]\n");

  EXPECT_THAT(config.broker.other_brokers,
              ElementsAre(OtherBroker{IPv4Address{{198, 51, 100, 1}}, 3},
                          OtherBroker{std::string("ts1.example.net"), 0}, OtherBroker{*parse_ipv6("2001:db8::33"), 1}));
}

TEST(LoadConfig, OtherBrokersWithoutWeightsGetEqualShares) {
  const auto config = parse_valid(kPrefix + "[redirect]\nbrokers = [\"198.51.100.1\"]\n");

  EXPECT_THAT(config.broker.other_brokers, ElementsAre(OtherBroker{IPv4Address{{198, 51, 100, 1}}, 1}));
}

TEST(LoadConfig, OtherBrokersHaveRegionsAndCapacitiesByWhichClientsAreSharedOut) {
  const std::string brokers = "[redirect]\nbrokers = [\"198.51.100.1\", \"198.51.100.2\"]\n";
  const auto others = [&](const std::string& more) {
    return parse_valid(kPrefix + brokers + more).broker.other_brokers;
  };

  const auto both = others("regions = [\"north\", \"\"]\ncapacities = [5000, 1]\n");
  EXPECT_EQ(both.at(0).region, "north");
  EXPECT_EQ(both.at(1).region, "");
  EXPECT_EQ(both.at(0).capacity, 5000U);
  EXPECT_EQ(both.at(0).weight, 5000U);
  EXPECT_EQ(both.at(1).weight, 1U);
  EXPECT_EQ(others("capacities = [5000, 1]\nweights = [2, 3]\n").at(0).weight, 2U);
  EXPECT_EQ(others("").at(0).capacity, 0U);
  EXPECT_THAT(error_of(kPrefix + brokers + "regions = [\"north\"]\n"),
              HasSubstr("redirect.regions: expected one for each of the 2 redirect.brokers, found 1"));
  EXPECT_THAT(error_of(kPrefix + brokers + "capacities = [1]\n"),
              HasSubstr("redirect.capacities: expected one for each"));
  EXPECT_THAT(error_of(kPrefix + brokers + "capacities = [0, 1]\n"), HasSubstr("found 0"));
  EXPECT_THAT(error_of(kPrefix + brokers + "regions = [\"a b\", \"c\"]\n"), HasSubstr("found \"a b\""));
}

TEST(LoadConfig, AnotherBrokerThatIsNoneIsRefused) {
  const auto error = [](const std::string& brokers) { return error_of(kPrefix + "[redirect]\n" + brokers); };

  for (const char* none : {"198.51.100.1:0", "198.51.100.300", "a_b", "", "-x.example"}) {
    EXPECT_THAT(error("brokers = [\"" + std::string(none) + "\"]\n"), HasSubstr("or a DNS name")) << none;
  }
  EXPECT_THAT(error("brokers = [\"192.0.2.1\"]\n"), HasSubstr("192.0.2.1 is this broker itself"));
  EXPECT_THAT(error("brokers = [\"198.51.100.9\"]\n[server]\nlisten = [\"198.51.100.9:3653\"]\n"),
              HasSubstr("198.51.100.9 is this broker itself"));
  EXPECT_THAT(error("brokers = [\"239.1.1.1\"]\n"), HasSubstr("no address of a host"));
  EXPECT_THAT(error("brokers = [\"fe80::1\"]\n"), HasSubstr("no address that clients can reach"));
  EXPECT_THAT(error("brokers = [\"a.example\", \"a.example\"]\n"), HasSubstr("a.example is in the list twice"));
  EXPECT_THAT(error("brokers = [\"a.example\"]\nweights = [1, 2]\n"), HasSubstr("expected one for each of the 1"));
}

TEST(LoadConfig, AValueThatIsWrongHidesNothingThatIsToldWithoutIt) {
  const auto config = parse(kPrefix +
                            "[redirect]\nbrokers = [\"192.0.2.1\", \"198.51.100.1\"]\nweights = [1]\n"
                            "regions = [\"x y\", \"\"]\n");

  ASSERT_FALSE(config);
  std::vector<std::string> keys;
  for (const ConfigError& error : config.error()) keys.push_back(error.key);
  EXPECT_THAT(keys, UnorderedElementsAre("redirect.regions", "redirect.brokers", "redirect.weights"));
}

TEST(LoadConfig, WhatFollowsFromAValueThatIsWrongIsNoMistakeOfItsOwn) {
  EXPECT_THAT(error_of(kPrefix + "[redirect]\nbrokers = [\"a_b\"]\nweights = [1]\nbroker_ids = [1]\n"),
              HasSubstr("redirect.brokers: expected"));
  EXPECT_THAT(error_of("prefix = 5\n"), HasSubstr("prefix: expected"));
}

TEST(LoadConfig, OtherBrokersCanHaveIds) {
  const std::string brokers = "[redirect]\nbrokers = [\"198.51.100.1\", \"198.51.100.2\"]\n";
  const auto config = parse_valid(kPrefix + brokers + "broker_ids = [7, 8]\n");
  EXPECT_EQ(config.broker.other_brokers.at(1).id, BrokerId{8});
  EXPECT_EQ(parse_valid(kPrefix + brokers).broker.other_brokers.at(1).id, std::nullopt);
  EXPECT_THAT(error_of(kPrefix + brokers + "broker_ids = [7]\n"),
              HasSubstr("redirect.broker_ids: expected one for each of the 2 redirect.brokers, found 1"));
  EXPECT_THAT(error_of(kPrefix + brokers + "broker_ids = [7, 1]\n"),
              HasSubstr("redirect.broker_ids: 198.51.100.2 is this broker itself"));
}

TEST(LoadConfig, AnotherBrokerMayHaveAnotherPortOnThisHost) {
  const std::string listen = "[server]\nlisten = [\"192.0.2.1:3653\"]\n[redirect]\n";
  const auto config = parse_valid(kPrefix + listen + "brokers = [\"192.0.2.1:3654\"]\n");
  EXPECT_THAT(config.broker.other_brokers, ElementsAre(OtherBroker{BrokerAddress(kHostAddress, 3654), 1}));
  EXPECT_THAT(error_of(kPrefix + listen + "brokers = [\"192.0.2.1:3653\"]\n"),
              HasSubstr("192.0.2.1 is this broker itself"));
}

TEST(LoadConfig, WhatIsTwiceInAListIsNamed) {
  EXPECT_THAT(error_of(kPrefix + "[redirect]\nbrokers = [\"a.example\", \"b.example\"]\nbroker_ids = [7, 7]\n"),
              HasSubstr("redirect.broker_ids: 7 is in the list twice"));
  EXPECT_THAT(error_of(kPrefix + "[pool]\nother_pools = [\"2001:db8:1::/48\", \"2001:db8:1::/48\"]\n"),
              HasSubstr("pool.other_pools: 2001:db8:1::/48 is in the list twice"));
}

TEST(LoadConfig, TheBadEntryOfAListIsNamed) {
  EXPECT_THAT(error_of(kPrefix + "[pool]\nother_pools = [\"2001:db8:1::/48\", \"2001:db8::1/48\"]\n"),
              testing::AllOf(HasSubstr("pool.other_pools: expected each of the list to be an IPv6 or IPv4 prefix"),
                             HasSubstr("found \"2001:db8::1/48\""), testing::Not(HasSubstr("2001:db8:1::/48"))));
  EXPECT_THAT(error_of(kPrefix + "[pool]\ndelegations = [3]\n"), HasSubstr("found 3"));
  EXPECT_THAT(error_of(kPrefix + "[pool]\nother_pools = \"2001:db8:1::/48\"\n"), HasSubstr("expected a list of"));
}

TEST(LoadConfig, WhatOtherBrokersAreToldFollowsFromWhereClientsAreServed) {
  const auto told = [](const std::string& server) {
    return parse_valid(kPrefix + "[server]\n" + server).broker.announcement.value_or(Announcement());
  };
  EXPECT_THAT(told("").addresses, ElementsAre(BrokerAddress(kHostAddress)));
  EXPECT_THAT(told("listen = [\"0.0.0.0:4000\", \"198.51.100.9:3653\"]\n").addresses,
              ElementsAre(BrokerAddress(kHostAddress, 4000), BrokerAddress(IPv4Address{{198, 51, 100, 9}})));
  const Announcement given = told("public_addresses = [\"ts1.example.net\"]\nregion = \"north\"\nweight = 5\n");
  EXPECT_THAT(given.addresses, ElementsAre(BrokerAddress(std::string("ts1.example.net"))));
  EXPECT_EQ(given.region, "north");
  EXPECT_EQ(given.weight, 5U);
  EXPECT_THAT(told("public_addresses = []\n").addresses, testing::IsEmpty());
  EXPECT_THAT(error_of(kPrefix + "[server]\npublic_addresses = [\"239.1.1.1\"]\n"),
              HasSubstr("server.public_addresses: 239.1.1.1 is no address of a host"));
}

TEST(LoadConfig, OtherPoolsLieOutsideOfTheBrokersOwn) {
  const auto config = parse_valid(kPrefix + "[pool]\nother_pools = [\"2001:db8:1::/48\", \"100.64.0.0/16\"]\n");
  ASSERT_EQ(config.broker.other_pools.size(), 2U);
  EXPECT_TRUE(is_mapped(config.broker.other_pools[1]));
  EXPECT_THAT(error_of(kPrefix + "[pool]\nother_pools = [\"2001:db8::/32\"]\n"),
              HasSubstr("pool.other_pools: 2001:db8::/32 overlaps this broker's own"));
}

TEST(LoadConfig, TheMtuOfEachPoolMustFitTheDevice) {
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\nmtu_anonymous = 1400\n[datapath]\ndevice_mtu = 1300\n"),
              HasSubstr("tunnel.mtu_anonymous: is greater than datapath.device_mtu (1300)"));
}

TEST(LoadConfig, MoreThanEightOtherBrokersAreRefused) {
  std::string list;
  for (int i = 1; i <= 9; ++i) list += "\"b" + std::to_string(i) + ".example\", ";

  EXPECT_THAT(error_of(kPrefix + "[redirect]\nbrokers = [" + list + "]\n"),
              HasSubstr("redirect.brokers: expected at most 8 brokers, found 9"));
}

// ---- v4v6 ---------------------------------------------------------------------------------------------------------

const std::string kIPv4InIPv6 =
    kPrefix + "[server]\nlisten = [\"0.0.0.0:3653\", \"[::]:3653\"]\n[tunnel]\ntypes = [\"v6v4\", \"v4v6\"]\n";

TEST(IPv4InIPv6, IsServedFromAnIPv4Prefix) {
  const DaemonConfig config = parse_valid(kIPv4InIPv6 + "[pool]\nipv4_prefix = \"100.64.0.0/16\"\n");
  ASSERT_TRUE(config.broker.ipv4_pool);
  EXPECT_EQ(to_text(config.broker.ipv4_pool->prefix), "100.64.0.0/16");
  EXPECT_EQ(config.broker.ipv4_prefix_limits, (PrefixLimits{24, 30}));
  EXPECT_EQ(to_text(config.listen.back()), "[::]:3653");
}

TEST(IPv4InIPv6, NeedsAddressesToGiveOut) {
  EXPECT_THAT(error_of(kIPv4InIPv6), HasSubstr("tunnel.types: v4v6 needs IPv4 addresses to give out"));
  EXPECT_THAT(error_of(kIPv4InIPv6 + "[pool]\nipv4_prefix = \"224.0.0.0/8\"\n"), HasSubstr("pool.ipv4_prefix"));
  EXPECT_THAT(error_of(kIPv4InIPv6 + "[pool]\nipv4_prefix = \"2001:db8::/32\"\n"), HasSubstr("an IPv4 prefix"));
}

TEST(IPv4InIPv6, IsNotServedByTheKernelModule) {
  const std::string pool = "[pool]\nipv4_prefix = \"100.64.0.0/16\"\n";
  EXPECT_THAT(error_of(kIPv4InIPv6 + pool + "[datapath]\ntype = \"utun\"\n"),
              AllOf(HasSubstr("datapath.type: utun has no v4v6"), HasSubstr("tunnel.types")));
  EXPECT_EQ(parse_valid(kIPv4InIPv6 + pool).datapath.type, DatapathType::Auto);
  EXPECT_EQ(parse_valid(kPrefix + "[datapath]\ntype = \"utun\"\n").datapath.type, DatapathType::Utun);
}

TEST(IPv4InIPv6, LimitsAreInOrder) {
  EXPECT_THAT(error_of(kIPv4InIPv6 + "[pool]\nipv4_prefix = \"100.64.0.0/16\"\nipv4_prefix_length_longest = 20\n"),
              HasSubstr("is shorter than"));
}

TEST(IPv4InIPv6, TheOtherTypesNeedIPv4ToListenOn) {
  EXPECT_THAT(error_of(kPrefix + "[server]\nlisten = [\"[::]:3653\"]\n[tunnel]\ntypes = [\"v6v4\", \"v4v6\"]\n" +
                       "[pool]\nipv4_prefix = \"100.64.0.0/16\"\n"),
              HasSubstr("v6v4 and v6udpv4 need an IPv4 address"));
}

TEST(IPv4InIPv6, IsWhatIPv6IsListenedOnFor) {
  const std::string pool = "[pool]\nipv4_prefix = \"100.64.0.0/16\"\n";
  EXPECT_THAT(error_of(kPrefix + "[tunnel]\ntypes = [\"v4v6\"]\n" + pool),
              HasSubstr("an IPv6 address in server.listen"));
  EXPECT_THAT(error_of(kPrefix + "[server]\nlisten = [\"0.0.0.0:3653\", \"[::]:3653\"]\n"),
              HasSubstr("server.listen: over IPv6 only v4v6"));
}

TEST(IPv4InIPv6, AddressesToListenOnMustNotCoverEachOther) {
  const std::string types = "[tunnel]\ntypes = [\"v4v6\"]\n[pool]\nipv4_prefix = \"100.64.0.0/16\"\n";
  EXPECT_THAT(error_of(kPrefix + "[server]\nlisten = [\"[::ffff:192.0.2.1]:3653\"]\n"),
              HasSubstr("an address and port"));
  EXPECT_THAT(error_of(kPrefix + "[server]\nlisten = [\"[::]:3653\", \"[2001:db8::1]:3653\"]\n" + types),
              HasSubstr("[2001:db8::1]:3653 is already covered"));
}

}  // namespace load_test
}  // namespace tsp::linux_
