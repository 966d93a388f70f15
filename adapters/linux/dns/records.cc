// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/records.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/wire/dns_name.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::string_view kNamesExpected = "letters, digits and inner hyphens between dots, 253 characters at most";

std::string quoted(std::string_view text) {
  // A name that was refused may hold anything, of any length, and ends in logs.
  std::string out = "\"";
  for (const char c : text.substr(0, 80)) out += c >= ' ' && c <= '~' && c != '"' ? c : '?';
  return out + (text.size() > 80 ? "…\"" : "\"");
}

std::expected<std::vector<RecordData>, std::string> to_targets(const Delegation& delegation) {
  const std::string where = "the delegation of " + to_text(delegation.prefix);
  if (delegation.name_servers.empty() || delegation.name_servers.size() > kNameServersMax) {
    return std::unexpected(where + " has " + std::to_string(delegation.name_servers.size()) +
                           " name servers, expected 1 to " + std::to_string(kNameServersMax));
  }
  std::vector<RecordData> targets;
  for (const std::string& server : delegation.name_servers) {
    if (parse_ipv4(server) || parse_ipv6(server)) {
      return std::unexpected(where + ": " + server + " is an address, expected the name of a name server");
    }
    if (!wire::valid_dns_name(server)) {
      return std::unexpected(where + ": " + quoted(server) + " is no name of a server, expected " +
                             std::string(kNamesExpected));
    }
    RecordData target = wire::canonical_name(server);
    if (std::ranges::find(targets, target) == targets.end()) targets.push_back(std::move(target));
  }
  return targets;
}

std::expected<void, std::string> add_delegation(Rrsets& rrsets, const Delegation& delegation) {
  if (delegation.prefix.length == 0) return std::unexpected("::/0 cannot be delegated, expected 1 to 128 bits");
  const auto targets = to_targets(delegation);
  if (!targets) return std::unexpected(targets.error());
  for (std::string& name : reverse_zones(delegation.prefix)) {
    if (!rrsets.emplace(RrsetKey{std::move(name), RecordType::NS}, *targets).second) {
      return std::unexpected(to_text(delegation.prefix) + " is delegated twice, expected one list of name servers");
    }
  }
  return {};
}

std::expected<void, std::string> add_host_name(Rrsets& rrsets, const HostName& host) {
  if (!wire::valid_dns_name(host.name)) {
    return std::unexpected(quoted(host.name) + " is no name of a host, expected " + std::string(kNamesExpected));
  }
  auto& data = rrsets[{wire::canonical_name(host.name), RecordType::AAAA}];
  if (std::ranges::find(data, RecordData(host.address)) == data.end()) data.emplace_back(host.address);
  return {};
}

}  // namespace

std::vector<std::string> reverse_zones(const IPv6Prefix& prefix) {
  TSP_ASSERT(prefix.length >= 1 && prefix.length <= 128);
  const unsigned nibbles = (prefix.length + 3U) / 4;
  const unsigned last = nibbles - 1;
  const unsigned free_bits = nibbles * 4 - prefix.length;
  std::vector<std::string> names;
  for (unsigned i = 0; i < 1U << free_bits; ++i) {
    IPv6Address base = prefix.base;
    // The bits that the prefix leaves open in its last nibble are 0 in its base.
    base.octets[last / 2] |= static_cast<std::uint8_t>(last % 2 == 0 ? i << 4 : i);
    names.push_back(wire::reverse_name(base, nibbles));
  }
  return names;
}

std::expected<Rrsets, std::string> to_rrsets(const DesiredRecords& desired) {
  if (desired.delegations.size() > kDelegationsMax || desired.host_names.size() > kHostNamesMax) {
    return std::unexpected(std::to_string(desired.delegations.size()) + " delegations and " +
                           std::to_string(desired.host_names.size()) + " host names, expected at most " +
                           std::to_string(kDelegationsMax) + " and " + std::to_string(kHostNamesMax));
  }
  Rrsets rrsets;
  for (const Delegation& delegation : desired.delegations) {
    if (auto added = add_delegation(rrsets, delegation); !added) return std::unexpected(added.error());
  }
  for (const HostName& host : desired.host_names) {
    if (auto added = add_host_name(rrsets, host); !added) return std::unexpected(added.error());
  }
  return rrsets;
}

std::expected<std::string, std::string> zone_of(std::span<const std::string> zones, std::string_view name) {
  std::string_view longest;
  for (const std::string& zone : zones) {
    if (zone == name) {
      return std::unexpected(zone + " is a zone of the server itself, expected a name below one of its zones");
    }
    if (wire::lies_in(name, zone) && zone.size() > longest.size()) longest = zone;
  }
  if (longest.empty()) return std::unexpected("no zone is configured that " + std::string(name) + " lies in");
  return std::string(longest);
}

}  // namespace tsp::linux_::dns
