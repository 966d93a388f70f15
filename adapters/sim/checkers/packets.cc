// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/packets.h"

#include <algorithm>
#include <array>

namespace tsp::sim {
namespace {

constexpr std::string_view kCrossDelivery = "14, no cross-delivery";
constexpr std::string_view kSource = "15, source check";
constexpr std::string_view kEndpoint = "16, one endpoint a tunnel";
constexpr std::string_view kMtu = "17, MTU";

constexpr std::size_t kReplyMax = 1200;            // bytes of a signalling datagram; more may be fragmented
constexpr std::uint8_t kFirstInformational = 128;  // ICMPv6 types below are errors (RFC 4443 section 2.1)
constexpr std::uint8_t kIPv4Unreachable = 3;

// Multicast, link-local, unspecified, loopback, and what stands for IPv4 addresses: nothing that a router passes on.
bool is_routable(const IPv6Address& address) {
  if (is_mapped(address)) {
    const auto ipv4 = unmap(address).octets;
    return ipv4[0] != 0 && ipv4[0] != 127 && ipv4[0] < 224 && !(ipv4[0] == 169 && ipv4[1] == 254);
  }
  static constexpr std::array<std::uint8_t, 10> kZeros{};
  const auto& octets = address.octets;
  const bool multicast = octets[0] == 0xFF;
  const bool link_local = octets[0] == 0xFE && octets[1] >> 6 == 2;
  const bool special = std::equal(kZeros.begin(), kZeros.end(), octets.begin()) && octets[10] == octets[11] &&
                       (octets[10] == 0 || octets[10] == 0xFF);
  return !multicast && !link_local && !special;
}

}  // namespace

void Packets::on_fact(const Fact& fact) {
  if (const auto* opened = std::get_if<StreamOpened>(&fact)) {
    connected_.emplace(opened->path.remote.address, opened->path.local.address);
  }
}

void Packets::on_departure(const FourTuple& path, ByteView datagram) {
  const std::string whom = to_text(path.remote);
  if (!is_inner(path, datagram)) {
    if (datagram.size() > kReplyMax) report(kMtu, whom + " gets " + std::to_string(datagram.size()) + " bytes");
    return;
  }
  if (!has_inner_header(datagram)) return report(kCrossDelivery, whom + " gets a piece of a packet");
  const Forwarded* tunnel = truth_.forwarded_on(path);
  if (tunnel == nullptr) return report(kCrossDelivery, whom + " gets a packet and has no tunnel");
  const IPv6Address destination = inner_destination(datagram);
  if (!is_clients_own(tunnel->spec, destination)) {
    report(kCrossDelivery, whom + " gets what is for " + to_text(destination));
  }
  if (!tunnel->proved) report(kSource, whom + " gets a packet and has not proved that it wants any");
  if (datagram.size() > tunnel->spec.mtu) {
    report(kMtu, whom + " gets a packet of " + std::to_string(datagram.size()) + " bytes");
  }
}

void Packets::on_inner_to_host(const FourTuple* path, ByteView packet) {
  if (!has_inner_header(packet)) return report(kSource, "the host gets a piece of a packet");
  if (path == nullptr) return check_own_error(packet);
  const std::string whom = to_text(path->remote);
  const Forwarded* tunnel = truth_.forwarded_on(*path);
  if (tunnel == nullptr) return report(kSource, "the host gets a packet of " + whom + ", who has no tunnel");
  const IPv6Address source = inner_source(packet);
  if (!is_clients_own(tunnel->spec, source)) {
    report(kSource, "the host gets a packet of " + whom + " from " + to_text(source));
  }
  const IPv6Address destination = inner_destination(packet);
  if (!is_routable(destination)) report(kSource, "the host gets a packet for " + to_text(destination));
}

void Packets::check_own_error(ByteView packet) {
  const auto icmp = inner_icmp(packet);
  const bool is_error = icmp && (icmp->ipv4 ? icmp->type == kIPv4Unreachable : icmp->type < kFirstInformational);
  if (!is_error) report(kSource, "the datapath makes a packet that is not an error");
}

void Packets::on_datapath(const DatapathOrder& /*order*/, DatapathStatus /*status*/) {
  for (const TunnelId id : truth_.conflicts()) {
    report(kEndpoint, to_text(id) + " is held beside another with its path or an address of it");
  }
}

// Downlink for an endpoint that did not ask for it needs evidence (see tsp/datapath.h).
void Packets::on_commit(const std::vector<StoreChange>& /*changes*/) {
  for (const TunnelChange& change : truth_.tunnel_changes()) {
    if (!change.after || !change.after->confirmed || (change.before && change.before->confirmed)) continue;
    const bool is_proved = change.before ? has_shown_life(change.after->id) : has_proved_endpoint(*change.after);
    if (!is_proved) report(kEndpoint, to_text(change.after->id) + " is confirmed without evidence");
  }
}

// One that is gone may have, before.
bool Packets::has_shown_life(TunnelId id) const {
  const Forwarded* tunnel = truth_.forwarded(id);
  return tunnel == nullptr || tunnel->proved;
}

// By a DIGEST-MD5 exchange, for a tunnel without ports by a connection, or by the tunnel whose place the new one takes.
bool Packets::has_proved_endpoint(const TunnelRecord& record) const {
  const bool bare = record.path.remote.port == 0;
  if (bare && connected_.contains({record.path.remote.address, record.path.local.address})) return true;
  if (truth_.conversations().endpoint_proved(record.path)) return true;
  const Forwarded* there = truth_.forwarded_on(record.path);
  if (there != nullptr && there->proved) return true;
  return std::ranges::any_of(truth_.records(), [&](const auto& entry) {
    return entry.first != record.id && entry.second.path == record.path && entry.second.confirmed;
  });
}

}  // namespace tsp::sim
