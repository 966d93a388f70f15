// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/packet_words.h"

#include "core/dataplane/headers.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"

namespace tsp::replay {
namespace {

std::string icmp_words(std::uint8_t type) {
  switch (type) {
    case 1:
      return "destination unreachable";
    case 2:
      return "packet too big";
    case 128:
      return "echo request";
    case 129:
      return "echo reply";
    case 133:
      return "router solicitation";
    case 135:
      return "neighbour solicitation";
    case 143:
      return "MLD report";
    default:
      return "ICMPv6 type " + std::to_string(type);
  }
}

std::string icmpv4_words(std::uint8_t type) {
  switch (type) {
    case 0:
      return "echo reply";
    case 3:
      return "destination unreachable";
    case 8:
      return "echo request";
    default:
      return "ICMP type " + std::to_string(type);
  }
}

std::string ipv4_protocol_words(ByteView packet) {
  const std::size_t at = dataplane::ip_header_size(packet);
  if (dataplane::is_ipv4_fragment(packet)) return "fragment";
  switch (dataplane::protocol_of(packet)) {
    case dataplane::kIcmpv4:
      return packet.size() > at ? icmpv4_words(packet[at]) : "ICMP";
    case dataplane::kTcp:
      return "TCP";
    case dataplane::kUdp:
      return "UDP";
    default:
      return "protocol " + std::to_string(dataplane::protocol_of(packet));
  }
}

std::string protocol_words(ByteView packet) {
  if (dataplane::is_ipv4(packet)) return ipv4_protocol_words(packet);
  std::uint8_t next = packet[dataplane::kNextHeaderAt];
  std::size_t at = dataplane::kIPv6HeaderSize;
  if (next == dataplane::kHopByHop && packet.size() >= at + 8) {
    next = packet[at];
    at += 8 + std::size_t{packet[at + 1]} * 8;
  }
  switch (next) {
    case dataplane::kIcmpv6:
      return packet.size() > at ? icmp_words(packet[at]) : "ICMPv6";
    case dataplane::kTcp:
      return "TCP";
    case dataplane::kUdp:
      return "UDP";
    default:
      return "next header " + std::to_string(next);
  }
}

std::string address_words(const IPv6Address& address, const std::optional<Offer>& offer) {
  if (offer && address == offer->client_inner) return "client";
  if (offer && address == offer->server_inner) return "server";
  if (offer && address == offer->keepalive_address) return "keepalive";
  if (offer && offer->delegated && offer->delegated->contains(address)) return "prefix";
  if (address.octets[0] == 0xFE && (address.octets[1] & 0xC0) == 0x80) return "link-local";
  return to_unmapped_text(address);
}

}  // namespace

std::string packet_words(ByteView packet, const std::optional<Offer>& offer) {
  return protocol_words(packet) + ", " + address_words(dataplane::source_of(packet), offer) + " to " +
         address_words(dataplane::destination_of(packet), offer) + ", " + std::to_string(packet.size()) + " bytes";
}

}  // namespace tsp::replay
