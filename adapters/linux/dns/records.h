// SPDX-License-Identifier: Apache-2.0
//
// What a tunnel has in the DNS, as values: its prefixes' reverse zones, delegated to name servers, and names of its
// addresses. Names are written without the dot at the end, and compared in lower case.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tsp/address.h>

namespace tsp::linux_::dns {

inline constexpr std::size_t kNameServersMax = 16;  // of one delegation
inline constexpr std::size_t kDelegationsMax = 16;  // of one owner
inline constexpr std::size_t kHostNamesMax = 16;    // of one owner

// The reverse zone of a prefix belongs to these servers. They are names (wire::valid_dns_name): an NS record cannot
// hold an address (RFC 1035 section 3.3.11), so whoever is given addresses has to find names for them first.
struct Delegation {
  IPv6Prefix prefix;
  std::vector<std::string> name_servers;  // 1…kNameServersMax

  friend bool operator==(const Delegation&, const Delegation&) = default;
};

// LABEL.DOMAIN has this address.
struct HostName {
  std::string name;
  IPv6Address address;

  friend bool operator==(const HostName&, const HostName&) = default;
};

struct DesiredRecords {
  std::vector<Delegation> delegations{};
  std::vector<HostName> host_names{};

  friend bool operator==(const DesiredRecords&, const DesiredRecords&) = default;
};

// RFC 1035 section 3.2.2, RFC 3596, RFC 8945.
enum class RecordType : std::uint16_t { NS = 2, SOA = 6, AAAA = 28, TSIG = 250 };

// All records of one name and type are changed together, as one RRset.
struct RrsetKey {
  std::string name;
  RecordType type = RecordType::NS;

  friend auto operator<=>(const RrsetKey&, const RrsetKey&) = default;
};

// The target of an NS, the address of an AAAA.
using RecordData = std::variant<std::string, IPv6Address>;
using Rrsets = std::map<RrsetKey, std::vector<RecordData>>;

// The names below ip6.arpa that are delegated together for a prefix of 1…128 bits. A name stands for whole nibbles
// (RFC 3596 section 2.5): a length that is no multiple of 4 needs 2, 4 or 8 names of the next one. In the order of the
// addresses.
[[nodiscard]] std::vector<std::string> reverse_zones(const IPv6Prefix& prefix);

// The records that were meant, or what is wrong with them.
[[nodiscard]] std::expected<Rrsets, std::string> to_rrsets(const DesiredRecords& desired);

// The zone that a name lies in, of those that a server is primary for: the longest. A name that is itself such a zone
// is refused: its NS records are the zone's own.
[[nodiscard]] std::expected<std::string, std::string> zone_of(std::span<const std::string> zones,
                                                              std::string_view name);

}  // namespace tsp::linux_::dns
