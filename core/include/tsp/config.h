// SPDX-License-Identifier: Apache-2.0
//
// What the core is told about how to serve: an immutable snapshot. The file it is read from, and the reference
// of its keys, belong to the adapter.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/broker_address.h>
#include <tsp/store.h>
#include <tsp/time.h>

namespace tsp {

// Where addresses of one family come from. pool/layout.h derives one from a prefix alone. All of IPv4 is mapped.
struct PoolLayout {
  IPv6Prefix prefix;                      // everything the broker gives out lies in it, and is routed to it
  IPv6Address server_address{};           // inner address of the broker, the same for all tunnels
  IPv6Prefix hosts;                       // accounts' /128s
  std::optional<IPv6Prefix> anonymous{};  // anonymous /128s; none: no anonymous clients
  std::vector<IPv6Prefix> delegations{};  // what routers' prefixes are cut from; empty: no router

  friend bool operator==(const PoolLayout&, const PoolLayout&) = default;
};

// A token bucket: `burst` at once, then `per_second`.
struct RateLimit {
  std::uint32_t per_second = 1;
  std::uint32_t burst = 1;
  std::uint32_t seconds = 1;  // in which `per_second` tokens come: more for limits below one a second

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// Clients take no more than a frame of 4096 bytes.
inline constexpr std::size_t kOtherBrokersMax = 8;

// A broker that clients are sent on to when this one takes no more.
struct OtherBroker {
  BrokerAddress address{};
  std::uint32_t weight = 1;      // its share of the clients; 0: named after all others
  std::optional<BrokerId> id{};  // none: it is not known to be any account's home
  std::string region{};          // those of the own region are named first; may be empty
  std::uint32_t capacity = 0;    // tunnels; 0: it is not known, or told by the store

  friend bool operator==(const OtherBroker&, const OtherBroker&) = default;
};

// What this broker tells the others on its store of itself, beside what follows from the rest of its configuration.
struct Announcement {
  std::vector<BrokerAddress> addresses{};  // where clients are sent to it: at most kBrokerAddressesMax
  std::string region{};                    // as in BrokerRecord
  std::uint32_t weight = 1;

  friend bool operator==(const Announcement&, const Announcement&) = default;
};

// Records in the DNS, which somebody else keeps there.
struct DnsPolicy {
  bool delegates = true;  // routers' name servers get the reverse zones of their prefixes
  std::string domain{};   // an account's address is called LOGIN.domain; empty: it has no name

  friend bool operator==(const DnsPolicy&, const DnsPolicy&) = default;
};

struct BrokerConfig {
  BrokerId broker{1};
  // How often the store is asked whether another broker has taken accounts over; 0: no other broker uses the store.
  Duration takeover_check_interval{};
  // What the other brokers on the store give out, and accounts keep when they come here; IPv4 mapped.
  std::vector<IPv6Prefix> other_pools{};
  bool route_all_leases = false;  // whatever lies outside of all pools is routed here as well
  // None: it neither tells of itself nor asks for the others. Looked at with takeover_check_interval only.
  std::optional<Announcement> announcement{};
  std::string realm{};  // fixed when the store is created
  PoolLayout pool;
  std::optional<PoolLayout> ipv4_pool{};  // what v4v6 needs

  // Mechanisms offered.
  bool auth_anonymous = false;
  bool auth_plain = false;
  bool auth_digest_md5 = true;

  // Tunnel types offered, each over the transports that can carry it. The adapters must be able to serve them; V4V6
  // with an ipv4_pool only.
  std::vector<TunnelType> types = {TunnelType::V6V4, TunnelType::V6UdpV4};
  bool prefer_udp = false;  // v6anyv4 becomes v6udpv4 although there is no NAT
  // Protocol 41 to outer addresses that are private or reserved: for laboratories, and networks behind one NAT.
  bool allow_private_outer_addresses = false;
  // Protocol 41 for an account to an address that is not the one it asks from (`proxy="yes"`). Nothing is sent there
  // before a valid packet has come from there.
  bool allow_proxy = false;
  // The broker's end of tunnels made by UpdateEndpointRequest; none: it is refused.
  std::optional<IPv4Address> update_tunnel_address{};

  // What an offer says.
  std::uint16_t tunnel_mtu = 1280;                      // 1280…1472
  std::optional<std::uint16_t> tunnel_mtu_anonymous{};  // of anonymous clients; none: tunnel_mtu
  std::optional<std::uint16_t> tunnel_mtu_ipv4{};       // of v4v6; none: tunnel_mtu
  std::uint16_t tunnel_mtu_max = 1472;           // what the datapath takes, for accounts with an MTU of their own
  std::uint32_t keepalive_seconds_default = 25;  // to clients that ask for none; 0: offer none to them
  std::uint32_t keepalive_seconds_min = 10;
  std::uint32_t keepalive_seconds_max = 25;  // many NATs forget a UDP mapping after 30 s
  std::uint32_t lifetime_minutes = 1440;
  std::vector<IPv6Address> dns_servers{};  // at least one; clients crash without
  PrefixLimits prefix_limits;
  PrefixLimits ipv4_prefix_limits{24, 30};  // as IPv4 lengths, for every account

  // Redirects (RFC 5572 section 4.7.4).
  // At most kOtherBrokersMax. Empty: those that the store has.
  std::vector<OtherBroker> other_brokers{};
  std::uint32_t redirect_brokers_udp_max = 3;  // named in one datagram: the request may be forged
  // Of a source or, once it is known, of an account, within this time: a client sent in a circle is told 530 or 301
  // then. An account that was sent to its home as often is served.
  std::uint32_t redirects_per_source_max = 3;
  Duration redirects_window = std::chrono::seconds(60);
  // None: routers' name servers are not listened to, nothing is delegated, and nobody has a name.
  std::optional<DnsPolicy> dns{};

  // Times.
  Duration session_retention = std::chrono::seconds(70);  // a client retransmits for up to 66 s
  Duration stream_timeout = std::chrono::seconds(60);     // a silent TCP client that has no tunnel
  Duration store_patience = std::chrono::seconds(60);     // how long an answer is held while the store is away
  Duration store_probe_interval = std::chrono::seconds(1);
  Duration idle_time_min = std::chrono::seconds(120);  // a tunnel ends after max(this, 3 x keepalive + 15 s)
  Duration idle_time_without_keepalive = std::chrono::hours(24);
  Duration quarantine_anonymous = std::chrono::hours(1);
  Duration quarantine_account = std::chrono::hours(24 * 30);

  // Limits. Per source means per outer IPv4 address, of which many clients may share one behind a carrier's NAT, or per
  // outer IPv6 /64, which is the least that anybody has.
  std::uint32_t sessions_half_open_max = 20000;
  std::uint32_t sessions_half_open_per_source_max = 256;
  std::uint32_t streams_max = 4096;
  std::uint32_t streams_per_source_max = 64;
  std::uint32_t tunnels_max = 200000;
  std::uint32_t anonymous_tunnels_per_source_max = 16;
  RateLimit hello_per_source{20, 200};     // VERSION and ECHO REQUEST
  RateLimit hello_per_network{200, 2000};  // the same, per /24, or IPv6 /48
  RateLimit auth_failures_per_source{2, 60};
  RateLimit auth_failures_per_account{1, 20};
  std::uint32_t evictions_max = 4;                       // of one account's tunnel by another endpoint …
  Duration evictions_window = std::chrono::seconds(60);  // … within this time, before new ones are refused
  std::uint32_t updates_per_account_per_minute_max = 5;  // changes of a tunnel by UpdateEndpointRequest
  std::uint32_t reply_resends_max = 8;                   // of one cached reply
  bool allow_low_source_ports = false;                   // signalling from ports below 1024, and from 3653
  std::vector<IPv6Address> own_addresses{};              // refused as a client's outer address; IPv4 mapped

  [[nodiscard]] bool serves(TunnelType type) const { return std::ranges::find(types, type) != types.end(); }
};

}  // namespace tsp
