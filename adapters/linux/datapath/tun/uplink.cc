// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/uplink.h"

#include <algorithm>

#include "adapters/linux/datapath/tun/rcu.h"
#include "adapters/linux/net/clock.h"
#include "core/dataplane/classify.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/merged.h"
#include "core/dataplane/mss.h"

namespace tsp::linux_ {

using dataplane::DatagramKind;
using dataplane::DropReason;
using dataplane::UplinkAction;

void Uplink::receive(const OuterSocket& socket) {
  const std::size_t count = batch_.receive(socket);
  if (count == 0) return;
  const Instant now = read_clock().mono;
  coalescer_.set_options({.tcp = shared_.offloads.tun_tcp.load(std::memory_order_relaxed),
                          .udp = shared_.offloads.tun_udp.load(std::memory_order_relaxed)});
  const RcuReadSection section;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto received = batch_.at(i)) {
      handle(*received, socket, now);
    } else {
      counters_.drop(DropReason::Garbage);
    }
  }
  finish_flow();
  writer_.write_all(coalescer_);
}

void Uplink::handle(const ReceivedDatagrams& received, const OuterSocket& socket, Instant now) {
  if (!socket.is_udp()) {
    handle_bare(received, socket, now);
    return;
  }
  for (std::size_t at = 0; at < received.bytes.size(); at += received.segment_size) {
    const std::size_t size = std::min(received.segment_size, received.bytes.size() - at);
    const std::span datagram = received.bytes.subspan(at, size);
    switch (dataplane::classify(datagram)) {
      case DatagramKind::Inner:
        follow(received.path);
        handle_inner(datagram, socket, now);
        break;
      case DatagramKind::Signalling:
      case DatagramKind::LegacySignalling:
        handle_signalling(received.path, datagram);
        break;
      case DatagramKind::Garbage:
        counters_.drop(DropReason::Garbage);
        break;
    }
  }
}

void Uplink::handle_bare(const ReceivedDatagrams& received, const OuterSocket& socket, Instant now) {
  if (!dataplane::has_ip_header(received.bytes)) {
    counters_.drop(DropReason::Garbage);
    return;
  }
  follow(received.path);
  handle_inner(received.bytes, socket, now);
}

void Uplink::handle_inner(std::span<std::uint8_t> packet, const OuterSocket& socket, Instant now) {
  if (flow_.tunnel == nullptr) {
    counters_.drop(DropReason::UnknownEndpoint);
    return;
  }
  const dataplane::UplinkVerdict verdict = dataplane::check_uplink(flow_.tunnel->spec, packet);
  if (verdict.alive) mark_alive(*flow_.tunnel, now);
  std::size_t packets = 1;
  switch (verdict.action) {
    case UplinkAction::Forward:
      packets = forward(packet, !socket.is_udp());
      break;
    case UplinkAction::EchoReply:
      answer_echo(packet, socket);
      break;
    case UplinkAction::Consume:
    case UplinkAction::Drop:
      counters_.drop(verdict.reason);
      return;
  }
  flow_.packets += packets;
  flow_.bytes += packet.size();
}

std::size_t Uplink::forward(std::span<std::uint8_t> packet, bool may_be_merged) {
  const auto merged = may_be_merged ? dataplane::describe_merged(packet, flow_.tunnel->spec.mtu)
                                    : std::optional<dataplane::VnetHeader>();
  // Only now: a merged packet is told by its checksum, which the options are part of.
  const auto checksum = merged ? dataplane::ChecksumState::Unfinished : dataplane::ChecksumState::Finished;
  if (shared_.clamps_mss() && dataplane::clamp_mss(packet, flow_.tunnel->spec.mtu, checksum)) {
    counters_.mss_clamped.add();
  }
  if (!merged) {
    coalescer_.add(packet);
    return 1;
  }
  writer_.write_all(coalescer_);  // earlier ones of the same flow first
  writer_.write_merged(*merged, packet);
  return dataplane::packets_of(*merged, packet);
}

void Uplink::handle_signalling(const FourTuple& path, ByteView payload) {
  if (shared_.reports.add_datagram(path, payload)) {
    counters_.signalling.add();
  } else {
    counters_.drop(DropReason::QueueFull);
  }
}

// Neighbours in a burst are often of one client.
void Uplink::follow(const FourTuple& path) {
  if (flow_.tunnel != nullptr && flow_.path == path) return;
  finish_flow();
  flow_ = {.path = path, .tunnel = shared_.table.find_by_path(path)};
}

// Also at the end of a burst: the tunnel may not be there any more in the next one.
void Uplink::finish_flow() {
  if (flow_.tunnel != nullptr && flow_.packets > 0) {
    flow_.tunnel->count_up(flow_.packets, flow_.bytes);
    counters_.packets_up.add(flow_.packets);
    counters_.bytes_up.add(flow_.bytes);
  }
  flow_ = {};
}

void Uplink::mark_alive(Tunnel& tunnel, Instant now) {
  tunnel.last_packet_up.store(now, std::memory_order_relaxed);
  if (tunnel.confirmed.load(std::memory_order_relaxed)) return;
  if (!tunnel.confirmed.exchange(true, std::memory_order_relaxed)) shared_.reports.add_confirmed(tunnel.spec.id);
}

void Uplink::answer_echo(ByteView request, const OuterSocket& socket) {
  const auto reply = dataplane::make_echo_reply(request);
  if (!reply) {
    counters_.drop(DropReason::BadChecksum);
  } else if (!send_datagram(socket, flow_.path, *reply)) {
    counters_.drop(DropReason::SendFailed);
  } else {
    flow_.tunnel->count_down(1, reply->size());
    counters_.packets_down.add();
    counters_.bytes_down.add(reply->size());
    counters_.echo_replies.add();
  }
}

}  // namespace tsp::linux_
