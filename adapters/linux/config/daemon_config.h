// SPDX-License-Identifier: Apache-2.0
//
// Everything tspd is told by its configuration file. The keys, their ranges and their meaning are in keys.cc, and
// from there in docs/operating/configuration.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>

namespace tsp::linux_ {

// What the file says about addresses; whatever is missing follows from `prefix`.
struct PoolSettings {
  std::optional<IPv6Prefix> prefix;
  std::optional<IPv6Address> server_address;
  std::optional<IPv6Prefix> hosts;
  std::optional<IPv6Prefix> anonymous;
  std::optional<std::vector<IPv6Prefix>> delegations;
  std::optional<std::uint8_t> prefix_length_shortest;
  std::optional<std::uint8_t> prefix_length_longest;
  std::optional<IPv6Prefix> ipv4_prefix;  // mapped
  std::optional<std::uint8_t> ipv4_prefix_length_shortest;
  std::optional<std::uint8_t> ipv4_prefix_length_longest;
};

// What this broker tells the others on its store of itself.
struct AnnouncementSettings {
  std::optional<std::vector<BrokerAddress>> addresses;  // none: they follow from `listen`
  std::string region;
  std::uint32_t weight = 1;
};

struct RedirectSettings {
  std::vector<BrokerAddress> brokers;
  std::vector<std::uint32_t> weights;     // of the brokers, in their order; empty: all the same
  std::vector<std::uint32_t> broker_ids;  // likewise; empty: not known
  std::vector<std::string> regions;       // likewise; empty: none
  std::vector<std::uint32_t> capacities;  // likewise, tunnels; empty: not known
};

enum class StoreType : std::uint8_t { Sqlite, Mysql };

// Of `host` and `socket` one.
struct MysqlSettings {
  std::string host;
  std::uint16_t port = 3306;
  std::string socket;
  std::string database = "tspbroker";
  std::string user = "tspbroker";
  std::string password_file;  // empty: no password
  bool tls = true;
  std::string ca_file = "/etc/ssl/certs/ca-certificates.crt";
  std::uint32_t timeout_seconds = 5;
};

struct StoreSettings {
  StoreType type = StoreType::Sqlite;
  std::string path = "/var/lib/tspd/tspd.db";
  std::optional<std::string> key_file;  // what is secret is sealed with the keys in it
  std::uint32_t busy_timeout_ms = 1000;
  std::uint32_t commit_delay_ms = 0;
  std::optional<Duration> takeover_check_interval;  // none: as the type has it
  std::uint32_t history_days = 0;                   // 0: for ever
  std::uint32_t audit_days = 365;                   // likewise
  MysqlSettings mysql;
};

enum class DatapathType : std::uint8_t { Auto, Tun, Utun };

struct DatapathSettings {
  DatapathType type = DatapathType::Auto;
  std::string device = "tsp0";
  std::uint16_t device_mtu = 1472;  // bytes
  std::uint32_t workers = 1;
  bool offloads = true;
};

// None of `server` and `fragment_folder`: nothing is done in the DNS.
struct DnsSettings {
  std::optional<Endpoint> server;  // takes dynamic updates
  std::string key_file;            // that they are signed with
  std::string fragment_folder;     // or all records are written into files here
  std::vector<std::string> zones;  // in lower case, without the dot at the end
  std::string domain;              // likewise
  std::uint32_t ttl_seconds = 3600;
  std::uint32_t accounts_max = 200'000;

  [[nodiscard]] bool on() const { return server || !fragment_folder.empty(); }
};

// GET /nic/update, for routers that do not speak TSP.
struct UpdateSettings {
  std::vector<Endpoint> listen;  // empty: off
  std::string certificate;
  std::string private_key;
  std::vector<IPv4Address> trusted_proxies;
  std::optional<IPv4Address> tunnel_address;  // none: the first that is served
  std::uint32_t connections_max = 256;
  std::uint32_t connections_per_source_max = 16;
  RateLimit requests_per_source{1, 30};
};

// The API over HTTPS; over HTTP at addresses of loopback only.
struct ApiSettings {
  std::vector<Endpoint> listen;  // empty: nowhere but on the control socket
  bool console = true;           // its pages, at the same addresses
  std::string certificate;
  std::string private_key;
  std::vector<IPv6Address> trusted_proxies;  // IPv4 mapped
  std::uint32_t connections_max = 256;
  std::uint32_t connections_per_source_max = 32;
  RateLimit requests_per_source{20, 200};
  Duration session_idle = std::chrono::minutes(30);
  Duration session_lifetime = std::chrono::hours(12);
  std::uint32_t event_streams_max = 16;
  std::uint32_t event_streams_per_source_max = 4;
};

// Prometheus text and health checks over HTTP; the control socket has them as well.
struct MetricsSettings {
  std::vector<Endpoint> listen;  // empty: nowhere
};

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
enum class LogFormat : std::uint8_t { Text, Json };
enum class ClientAddresses : std::uint8_t { Full, Hidden };

struct LogSettings {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Text;
  ClientAddresses client_addresses = ClientAddresses::Full;
  std::uint32_t refusals_per_minute_max = 40;  // of each event that strangers can cause
  std::uint32_t events_per_minute_max = 6000;  // of each other event
};

struct DaemonConfig {
  // Complete after load_config(), except for `realm`, which the store decides when it is empty.
  BrokerConfig broker;

  std::vector<Endpoint> listen = {make_endpoint(IPv4Address{}, 3653)};  // UDP and TCP
  PoolSettings pool;
  std::optional<std::vector<IPv6Address>> own_addresses;   // none: those of the host; IPv4 mapped
  std::optional<std::uint32_t> keepalive_seconds_default;  // none: the core's, within the bounds
  AnnouncementSettings announcement;
  RedirectSettings redirect;
  bool mss_clamp = true;
  StoreSettings store;
  std::string control_socket = "/run/tspd/control.sock";
  DatapathSettings datapath;
  DnsSettings dns;
  UpdateSettings update;
  ApiSettings api;
  MetricsSettings metrics;
  LogSettings log;
  std::map<std::string, unsigned> lines;  // where in the file the sections and keys stand that are there

  DaemonConfig();
};

}  // namespace tsp::linux_
