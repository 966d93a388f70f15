// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/keys.h"

#include <limits>

#include "adapters/linux/config/make_key.h"
#include "adapters/linux/config/redirect_keys.h"
#include "adapters/linux/config/service_keys.h"
#include "adapters/linux/config/store_keys.h"
#include "core/auth/login.h"
#include "core/wire/broker_address.h"

namespace tsp::linux_ {
namespace {

constexpr std::int64_t kSecondsMax = std::int64_t{10} * 365 * 24 * 3600;

void add_server_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(make_key("", "prefix", AtRestart, derived(ipv6_prefix()), TSP_MEMBER(pool.prefix),
                          "Everything the broker gives out lies in this prefix, which has to be routed to the broker's "
                          "host. The only key that must be set.",
                          "must be set"));
  keys.push_back(make_key("server", "listen", AtRestart, list(listen_address(), 1), TSP_MEMBER(listen),
                          "Where clients are served, over UDP and TCP. `0.0.0.0` stands for every IPv4 address of the "
                          "host, `[::]` for every IPv6 address, which only `v4v6` tunnels need; answers leave from "
                          "the address that the client contacted."));
  keys.push_back(make_key("server", "realm", AtRestart,
                          text("1 to 253 printable ASCII characters without ',', '\"' and '\\'", auth::valid_realm),
                          TSP_MEMBER(broker.realm),
                          "The realm of DIGEST-MD5. Stored passwords depend on it: it is fixed when the store is "
                          "created, and another one is refused as long as there are accounts. Must be set if "
                          "`store.type` is \"mysql\".",
                          "the realm of the store; for a new one the host's name"));
  keys.push_back(make_key("server", "broker_id", AtRestart, number<std::uint32_t>(1, 0x7FFFFFFF),
                          TSP_MEMBER(broker.broker.value), "Which broker this is, of several on one store."));
  keys.push_back(make_key("server", "public_addresses", AtReload, derived(list(broker_address(), 0)),
                          TSP_MEMBER(announcement.addresses),
                          "Where the other brokers on the same store send clients to this one, best first, at most 4; "
                          "`[]`: nowhere.",
                          "the first address of each family of `server.listen` or, for `0.0.0.0` and `[::]`, of "
                          "`server.own_addresses`, private ones last"));
  keys.push_back(
      make_key("server", "region", AtReload, text("at most 32 letters, digits, '-', '_' and '.'", wire::valid_region),
               TSP_MEMBER(announcement.region),
               "A name for where the broker is. Clients are sent on to brokers of the same region first.", "none"));
  keys.push_back(
      make_key("server", "weight", AtReload, number<std::uint32_t>(0, 1000), TSP_MEMBER(announcement.weight),
               "The share of the clients of other brokers on the same store that this one is to get; 0: it is "
               "named after all others."));
  keys.push_back(make_key("server", "own_addresses", AtReload, derived(list(any_address(), 0)),
                          TSP_MEMBER(own_addresses),
                          "Addresses that no client may have as its outer address, because they are the broker's; the "
                          "host's are looked up at start and at each reload.",
                          "all addresses of the host except 127.0.0.0/8 and ::1"));
  keys.push_back(make_key(
      "server", "allow_private_outer_addresses", AtReload, boolean(), TSP_MEMBER(broker.allow_private_outer_addresses),
      "Make tunnels in protocol 41 to private and reserved outer addresses too: in a laboratory, or "
      "inside one provider's network."));
  add_store_keys(keys);
  keys.push_back(make_key("control", "socket", AtRestart, text("an absolute path of at most 107 bytes", is_socket_path),
                          TSP_MEMBER(control_socket),
                          "The Unix socket that `tspctl` talks to. Whoever may write to it controls the broker."));
}

void add_pool_keys(std::vector<Key>& keys) {
  using enum Change;
  constexpr std::string_view kFromPrefix = "follows from `prefix`";
  keys.push_back(make_key("pool", "server_address", AtRestart, derived(ipv6_address()), TSP_MEMBER(pool.server_address),
                          "The broker's own address inside all tunnels, in `pool.hosts`.", kFromPrefix));
  keys.push_back(make_key("pool", "hosts", AtReload, derived(ipv6_prefix()), TSP_MEMBER(pool.hosts),
                          "Where the accounts' single addresses come from.", kFromPrefix));
  keys.push_back(make_key("pool", "anonymous", AtReload, derived(ipv6_prefix()), TSP_MEMBER(pool.anonymous),
                          "Where the addresses of anonymous clients come from.", kFromPrefix));
  keys.push_back(make_key("pool", "delegations", AtReload, derived(list(ipv6_prefix(), 0)),
                          TSP_MEMBER(pool.delegations),
                          "What the prefixes of routers are cut from; `[]`: no router is served.", kFromPrefix));
  keys.push_back(make_key("pool", "prefix_length_shortest", AtReload, derived(number<std::uint8_t>(48, 64)),
                          TSP_MEMBER(pool.prefix_length_shortest),
                          "The largest prefix a router may ask for, unless its account says otherwise.", kFromPrefix));
  keys.push_back(make_key("pool", "prefix_length_longest", AtReload, derived(number<std::uint8_t>(48, 64)),
                          TSP_MEMBER(pool.prefix_length_longest),
                          "The smallest prefix a router may ask for, unless its account says otherwise.", "64"));
  keys.push_back(make_key("pool", "ipv4_prefix", AtRestart, derived(ipv4_prefix()), TSP_MEMBER(pool.ipv4_prefix),
                          "What is inside of `v4v6` tunnels: the first quarter of it for accounts, the second for "
                          "anonymous clients, the rest for routers. Like `prefix`, it has to be routed to this host.",
                          "none: no `v4v6`"));
  keys.push_back(make_key("pool", "ipv4_prefix_length_shortest", AtReload, derived(number<std::uint8_t>(8, 30)),
                          TSP_MEMBER(pool.ipv4_prefix_length_shortest), "The largest IPv4 prefix a router may ask for.",
                          "follows from `pool.ipv4_prefix`"));
  keys.push_back(make_key("pool", "ipv4_prefix_length_longest", AtReload, derived(number<std::uint8_t>(8, 30)),
                          TSP_MEMBER(pool.ipv4_prefix_length_longest), "The smallest IPv4 prefix a router may ask for.",
                          "30"));
  keys.push_back(make_key("pool", "other_pools", AtRestart, list(any_prefix(), 0), TSP_MEMBER(broker.other_pools),
                          "Prefixes of the other brokers on the same store. An account keeps what it got there when it "
                          "comes here, and is reached by routes of its own to `datapath.device`."));
  keys.push_back(make_key("pool", "route_all_leases", AtRestart, boolean(), TSP_MEMBER(broker.route_all_leases),
                          "Make such a route for the address and the prefix of every live tunnel, for a routing daemon "
                          "to announce: where several brokers give out parts of one prefix."));
  keys.push_back(make_key("pool", "quarantine_anonymous_seconds", AtReload, seconds(0, kSecondsMax),
                          TSP_MEMBER(broker.quarantine_anonymous),
                          "How long nobody gets an address that an anonymous client had."));
  keys.push_back(make_key("pool", "quarantine_account_seconds", AtReload, seconds(0, kSecondsMax),
                          TSP_MEMBER(broker.quarantine_account),
                          "How long nobody else gets a prefix that an account gave up for one of another length, "
                          "and nobody what a deleted account had or what was taken from an account."));
}

void add_auth_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(make_key("auth", "anonymous", AtReload, boolean(), TSP_MEMBER(broker.auth_anonymous),
                          "Serve clients without an account: one address for as long as the tunnel lives."));
  keys.push_back(make_key("auth", "plain", AtReload, boolean(), TSP_MEMBER(broker.auth_plain),
                          "Offer PLAIN, which sends the password readably through the network."));
  keys.push_back(make_key("auth", "digest_md5", AtReload, boolean(), TSP_MEMBER(broker.auth_digest_md5),
                          "Offer DIGEST-MD5, the strongest mechanism that existing clients know."));
}

void add_tunnel_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(
      make_key("tunnel", "types", AtRestart,
               list(choice<TunnelType>(
                        {{"v6v4", TunnelType::V6V4}, {"v6udpv4", TunnelType::V6UdpV4}, {"v4v6", TunnelType::V4V6}}),
                    1),
               TSP_MEMBER(broker.types),
               "The types of tunnels that are offered: IPv6 directly in IPv4 (protocol 41), for clients with a "
               "public address; IPv6 in UDP, which passes any NAT; and IPv4 in IPv6, for clients that have IPv6 only. "
               "The last one needs `pool.ipv4_prefix` and an IPv6 address in `server.listen`."));
  keys.push_back(make_key("tunnel", "prefer_udp", AtReload, boolean(), TSP_MEMBER(broker.prefer_udp),
                          "Give clients that leave the choice to the broker (`v6anyv4`) a tunnel in UDP although they "
                          "are not behind a NAT."));
  keys.push_back(
      make_key("tunnel", "mtu", AtReload, number<std::uint16_t>(1280, 1472), TSP_MEMBER(broker.tunnel_mtu),
               "The largest packet inside a tunnel, in bytes, unless its account says otherwise; for tunnels "
               "made from then on."));
  keys.push_back(make_key("tunnel", "mtu_anonymous", AtReload, derived(number<std::uint16_t>(1280, 1472)),
                          TSP_MEMBER(broker.tunnel_mtu_anonymous), "The same for anonymous clients.", "`tunnel.mtu`"));
  keys.push_back(make_key("tunnel", "mtu_ipv4", AtReload, derived(number<std::uint16_t>(1280, 1472)),
                          TSP_MEMBER(broker.tunnel_mtu_ipv4), "The same for `v4v6` tunnels.", "`tunnel.mtu`"));
  keys.push_back(make_key("tunnel", "allow_proxy", AtReload, boolean(), TSP_MEMBER(broker.allow_proxy),
                          "Let an account ask for a `v6v4` tunnel to another machine than the one it asks from "
                          "(`proxy=\"yes\"`). Nothing is sent to that machine before it has sent a packet of the "
                          "tunnel itself."));
  keys.push_back(make_key("tunnel", "mss_clamp", AtReload, boolean(), TSP_MEMBER(mss_clamp),
                          "Lower the segment size (MSS) that a TCP connection through a tunnel agrees on to what the "
                          "tunnel's MTU holds, both ways, so that it works where Packet Too Big is filtered away. A "
                          "reload counts for connections that begin from then on, in all tunnels."));
  keys.push_back(make_key("tunnel", "keepalive_seconds_default", AtReload, derived(number<std::uint32_t>(0, 3600)),
                          TSP_MEMBER(keepalive_seconds_default),
                          "The keepalive interval for clients that ask for none; 0: they need not send any.",
                          "25, within the bounds below"));
  keys.push_back(make_key("tunnel", "keepalive_seconds_min", AtReload, number<std::uint32_t>(1, 3600),
                          TSP_MEMBER(broker.keepalive_seconds_min), "The shortest interval a client is granted."));
  keys.push_back(make_key("tunnel", "keepalive_seconds_max", AtReload, number<std::uint32_t>(1, 3600),
                          TSP_MEMBER(broker.keepalive_seconds_max),
                          "The longest interval a client is granted. Many NATs forget a UDP mapping after 30 s."));
  keys.push_back(make_key("tunnel", "lifetime_minutes", AtReload, number<std::uint32_t>(1, 525'600),
                          TSP_MEMBER(broker.lifetime_minutes), "The lifetime that offers name."));
  keys.push_back(make_key("tunnel", "dns_servers", AtReload, list(ipv6_address(), 1), TSP_MEMBER(broker.dns_servers),
                          "The resolvers that offers name. Clients must be able to reach them through the tunnel; old "
                          "clients crash when they are told none, so there is always one."));
  keys.push_back(make_key("tunnel", "idle_seconds_min", AtReload, seconds(1, kSecondsMax),
                          TSP_MEMBER(broker.idle_time_min),
                          "A tunnel ends after this time without a packet from the client, or after three keepalive "
                          "intervals and 15 s if that is longer."));
  keys.push_back(make_key("tunnel", "idle_seconds_without_keepalive", AtReload, seconds(1, kSecondsMax),
                          TSP_MEMBER(broker.idle_time_without_keepalive), "The same for a tunnel without keepalive."));
}

void add_time_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(make_key("times", "session_retention_seconds", AtReload, seconds(1, 3600),
                          TSP_MEMBER(broker.session_retention),
                          "How long a UDP session is remembered after its last datagram. Clients retransmit for up to "
                          "66 s."));
  keys.push_back(make_key("times", "stream_timeout_seconds", AtReload, seconds(1, 3600),
                          TSP_MEMBER(broker.stream_timeout), "How long a TCP client without a tunnel may be silent."));
  keys.push_back(make_key("times", "store_patience_seconds", AtReload, seconds(1, 3600),
                          TSP_MEMBER(broker.store_patience),
                          "How long an answer is held back while the store is away, before it becomes an error."));
  keys.push_back(make_key("times", "store_probe_interval_seconds", AtReload, seconds(1, 3600),
                          TSP_MEMBER(broker.store_probe_interval), "How often a store that is away is tried again."));
}

void add_rate_keys(std::vector<Key>& keys, std::string_view name, std::string_view burst_name,
                   RateLimit BrokerConfig::* limit, std::string_view help) {
  const auto per_second = [limit](auto& config) -> auto& { return (config.broker.*limit).per_second; };
  const auto burst = [limit](auto& config) -> auto& { return (config.broker.*limit).burst; };
  keys.push_back(make_key("limits", name, Change::AtReload, number<std::uint32_t>(1, kCountMax), per_second, help));
  keys.push_back(make_key("limits", burst_name, Change::AtReload, number<std::uint32_t>(1, kCountMax), burst,
                          "As many at once, before the limit above holds."));
}

void add_count_key(std::vector<Key>& keys, std::string_view name, std::uint32_t BrokerConfig::* member,
                   std::string_view help) {
  const auto access = [member](auto& config) -> auto& { return config.broker.*member; };
  keys.push_back(make_key("limits", name, Change::AtReload, number<std::uint32_t>(1, kCountMax), access, help));
}

void add_limit_keys(std::vector<Key>& keys) {
  using B = BrokerConfig;
  add_count_key(keys, "sessions_half_open_max", &B::sessions_half_open_max,
                "Sessions that have not authenticated; beyond it the oldest of them gives way.");
  add_count_key(keys, "sessions_half_open_per_source_max", &B::sessions_half_open_per_source_max,
                "The same for one outer IPv4 address. Many clients may share one behind a carrier's NAT.");
  add_count_key(keys, "streams_max", &B::streams_max, "TCP connections.");
  add_count_key(keys, "streams_per_source_max", &B::streams_per_source_max,
                "TCP connections from one outer IPv4 address.");
  add_count_key(keys, "tunnels_max", &B::tunnels_max, "Live tunnels.");
  add_count_key(keys, "anonymous_tunnels_per_source_max", &B::anonymous_tunnels_per_source_max,
                "Live anonymous tunnels of one outer IPv4 address.");
  add_rate_keys(keys, "hello_per_source_per_second", "hello_per_source_burst", &B::hello_per_source,
                "Beginnings of sessions and distance probes that are answered, from one outer IPv4 address.");
  add_rate_keys(keys, "hello_per_network_per_second", "hello_per_network_burst", &B::hello_per_network,
                "The same for one /24.");
  add_rate_keys(keys, "auth_failures_per_source_per_second", "auth_failures_per_source_burst",
                &B::auth_failures_per_source, "Failed log-ins from one outer IPv4 address.");
  add_rate_keys(keys, "auth_failures_per_account_per_second", "auth_failures_per_account_burst",
                &B::auth_failures_per_account, "Failed log-ins to one account.");
  add_count_key(keys, "evictions_max", &B::evictions_max,
                "How often a tunnel of one account may be replaced from another endpoint within the window below, "
                "before the newcomer is refused: two devices with one account would replace each other for ever.");
  keys.push_back(make_key("limits", "evictions_window_seconds", Change::AtReload, seconds(1, 86'400),
                          TSP_MEMBER(broker.evictions_window), "The window of `evictions_max`."));
  keys.push_back(make_key("limits", "redirects_per_source_max", Change::AtReload, number<std::uint32_t>(1, 10'000),
                          TSP_MEMBER(broker.redirects_per_source_max),
                          "How often clients of one outer IPv4 address, or of one account when it has logged in, are "
                          "sent to other brokers within the window below, before they are told to come back later: "
                          "brokers that are all full would send them in a circle. An account that comes back from its "
                          "home as often is served."));
  keys.push_back(make_key("limits", "redirects_window_seconds", Change::AtReload, seconds(1, 86'400),
                          TSP_MEMBER(broker.redirects_window), "The window of `redirects_per_source_max`."));
  add_count_key(keys, "updates_per_account_per_minute_max", &B::updates_per_account_per_minute_max,
                "How often a router may change its account's tunnel by `GET /nic/update`.");
  add_count_key(keys, "reply_resends_max", &B::reply_resends_max,
                "How often one reply is sent again to a client that repeats its request.");
  keys.push_back(make_key("limits", "allow_low_source_ports", Change::AtReload, boolean(),
                          TSP_MEMBER(broker.allow_low_source_ports),
                          "Answer signalling from ports below 1024 and from 3653, which normally comes from reflection "
                          "and loops."));
}

template <class Wanted>
std::vector<std::string> names_of_changes(const DaemonConfig& before, const DaemonConfig& after, Wanted is_wanted) {
  std::vector<std::string> names;
  for (const Key& key : all_keys()) {
    if (is_wanted(key) && key.show(before) != key.show(after)) names.push_back(full_name(key));
  }
  return names;
}

}  // namespace

const std::vector<Key>& all_keys() {
  static const std::vector<Key> kKeys = [] {
    std::vector<Key> out;
    add_server_keys(out);
    add_pool_keys(out);
    add_auth_keys(out);
    add_tunnel_keys(out);
    add_redirect_keys(out);
    add_time_keys(out);
    add_limit_keys(out);
    add_service_keys(out);
    return out;
  }();
  return kKeys;
}

std::string full_name(const Key& key) {
  return key.section.empty() ? std::string(key.name) : std::string(key.section) + '.' + std::string(key.name);
}

std::vector<std::string> changed_keys(const DaemonConfig& running, const DaemonConfig& wanted) {
  return names_of_changes(running, wanted, [](const Key&) { return true; });
}

std::vector<std::string> changes_needing_restart(const DaemonConfig& running, const DaemonConfig& wanted) {
  auto names = names_of_changes(running, wanted, [](const Key& key) { return key.change == Change::AtRestart; });
  // It follows from pool.hosts, which a reload may change otherwise.
  if (names.empty() && running.broker.pool.server_address != wanted.broker.pool.server_address) {
    names.emplace_back("pool.server_address");
  }
  return names;
}

}  // namespace tsp::linux_
