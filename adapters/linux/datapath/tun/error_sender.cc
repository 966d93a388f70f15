// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/error_sender.h"

#include "core/dataplane/packet.h"

namespace tsp::linux_ {

void ErrorSender::packet_too_big(const TunnelSpec& tunnel, ByteView packet, Instant now) {
  send(dataplane::make_packet_too_big(tunnel.server_address, tunnel.mtu, packet), packet, now);
}

void ErrorSender::address_unreachable(const IPv6Address& from, ByteView packet, Instant now) {
  send(dataplane::make_address_unreachable(from, packet), packet, now);
}

void ErrorSender::send(const std::optional<Bytes>& error, ByteView about, Instant now) {
  if (!error) return;  // RFC 1122 section 3.2.2 or RFC 4443 section 2.4 (e) forbids one
  if (!limiter_.allow(dataplane::source_of(about), dataplane::destination_of(about), now)) {
    counters_.drop(dataplane::DropReason::IcmpRateLimited);
  } else if (writer_.write(*error)) {
    counters_.icmp_errors.add();
  }
}

}  // namespace tsp::linux_
