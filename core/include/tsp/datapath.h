// SPDX-License-Identifier: Apache-2.0
//
// Orders to whatever forwards packets, and what it reports. The rules that every datapath keeps towards clients are
// in docs/internals/architecture.md; the behaviour suite is adapters/port/datapath_contract/datapath_contract.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tsp/address.h>
#include <tsp/store.h>
#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp {

// All that a datapath knows of a tunnel. Of V4V6 the path has IPv6 addresses and port 0, and what is inside is mapped.
struct TunnelSpec {
  TunnelId id{};
  TunnelType type = TunnelType::V6UdpV4;
  FourTuple path{};
  IPv6Address inner{};                    // the client's /128; of V4V6 this and the next two are IPv4, mapped
  std::optional<IPv6Prefix> delegated{};  // routed to the client as well
  IPv6Address server_address{};           // answers echo requests; source of ICMP errors
  std::uint16_t mtu = 1280;               // bytes of an inner packet
  // Whether the endpoint has proved that it receives what is sent to it: by a DIGEST-MD5 exchange from this very
  // 4-tuple, or by a packet with a valid inner source. Nothing at all is sent to an unconfirmed endpoint.
  bool confirmed = false;

  friend bool operator==(const TunnelSpec&, const TunnelSpec&) = default;
};

struct TunnelUsage {
  TunnelId id{};
  Instant last_seen{};  // the last accepted uplink packet; the time of installation if there was none
  std::uint64_t packets_up = 0;
  std::uint64_t packets_down = 0;
  std::uint64_t bytes_up = 0;    // inner bytes
  std::uint64_t bytes_down = 0;  // inner bytes
};

// Adds a tunnel and in the same step removes the ones it replaces: no packet finds both or neither. An address,
// prefix or path that belongs to a tunnel not named in `replaces` makes it fail (Conflict) with nothing changed.
// Installing a tunnel that is there with the same spec is Done; `confirmed` may differ, and is then true.
struct InstallTunnel {
  OpId op{};
  TunnelSpec spec{};
  std::vector<TunnelId> replaces{};
};
// With `unless_seen_since`: only if no uplink packet was accepted at or after that instant, else Refused. A tunnel that
// is not there: Done.
struct RemoveTunnel {
  OpId op{};
  TunnelId id{};
  std::optional<Instant> unless_seen_since{};
};
struct ListTunnels {
  OpId op{};
};
// Unknown tunnels are left out of the answer.
struct QueryUsage {
  OpId op{};
  std::vector<TunnelId> ids{};
};

using DatapathOrder = std::variant<InstallTunnel, RemoveTunnel, ListTunnels, QueryUsage>;

[[nodiscard]] inline OpId op_of(const DatapathOrder& order) {
  return std::visit([](const auto& known) { return known.op; }, order);
}

enum class DatapathStatus : std::uint8_t { Done, Refused, Conflict, Failed };

struct DatapathDone {
  OpId op{};
  DatapathStatus status = DatapathStatus::Done;
  std::string detail{};               // for logs when not Done
  std::vector<TunnelSpec> tunnels{};  // ListTunnels
  std::vector<TunnelUsage> usages{};  // QueryUsage
};

// The first valid packet of an unconfirmed tunnel came in.
struct TunnelConfirmed {
  TunnelId id;
};
// The datapath may have lost tunnels or reports (device remade, notifications lost): list and repair.
struct DatapathReset {};

}  // namespace tsp
