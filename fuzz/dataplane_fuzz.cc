// SPDX-License-Identifier: Apache-2.0
//
// Everything that is done to packets of both versions: the checks, the answers, MSS clamping, fragmentation,
// segmentation of what a TUN device hands down, coalescing of what clients send. The input is a vnet header (10 bytes),
// then packets, each behind its size in two bytes.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "core/dataplane/classify.h"
#include "core/dataplane/coalesce.h"
#include "core/dataplane/fragment.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/merged.h"
#include "core/dataplane/mss.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/segment.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::dataplane;

namespace {

constexpr std::size_t kSegmentsLimit = 2000;  // of one input, for speed

// The addresses of the first packet's source are the client's: most inputs get past the source check.
TunnelSpec tunnel_of(ByteView packet) {
  TunnelSpec tunnel;
  if (packet.size() >= kIPv4HeaderSize && is_ipv4(packet)) {
    tunnel.type = TunnelType::V4V6;
    tunnel.path = {Endpoint{source_of(packet), 0}, Endpoint{destination_of(packet), 0}};
    tunnel.confirmed = true;
    tunnel.inner = source_of(packet);
    tunnel.delegated = make_prefix(destination_of(packet), 120);
    tunnel.server_address = destination_of(packet);
    return tunnel;
  }
  tunnel.path = {make_endpoint({{198, 51, 100, 7}}, 4000), make_endpoint({{192, 0, 2, 1}}, 3653)};
  tunnel.confirmed = true;
  if (packet.size() < kIPv6HeaderSize || is_ipv4(packet)) return tunnel;
  tunnel.inner = source_of(packet);
  tunnel.delegated = make_prefix(destination_of(packet), 56);
  tunnel.server_address = destination_of(packet);
  return tunnel;
}

void require_right_answer(const std::optional<Bytes>& answer, ByteView about) {
  if (!answer) return;
  fuzz::require(upper_layer_checksum_right(*answer));
  fuzz::require(destination_of(*answer) == source_of(about));
}

void check_errors(const TunnelSpec& tunnel, ByteView packet) {
  if (packet.empty() || is_ipv4(packet) != (tunnel.type == TunnelType::V4V6)) return;
  for (const auto& error : {make_packet_too_big(tunnel.server_address, 1280, packet),
                            make_address_unreachable(tunnel.server_address, packet)}) {
    require_right_answer(error, packet);
    fuzz::require(!error || error->size() <= kIPv6MinimumMtu);
  }
}

// The pieces carry what the packet does, and each would pass on its own.
void cut(const TunnelSpec& tunnel, ByteView packet) {
  const auto out = std::make_unique<std::uint8_t[]>(kIPv4MinimumMtu);
  Fragmenter fragmenter(packet, kIPv4MinimumMtu);
  std::size_t payload = 0;
  while (const std::size_t size = fragmenter.next({out.get(), kIPv4MinimumMtu})) {
    const ByteView fragment(out.get(), size);
    fuzz::require(has_ip_header(fragment) && header_checksum_right(fragment) && announced_size(fragment) == size);
    fuzz::require(check_downlink(tunnel, fragment, size).action == DownlinkAction::Forward);
    payload += size - ip_header_size(fragment);
  }
  fuzz::require(payload == packet.size() - ip_header_size(packet));
}

void check(const TunnelSpec& tunnel, ByteView packet) {
  const bool ipv4 = tunnel.type == TunnelType::V4V6;
  const UplinkVerdict up = check_uplink(tunnel, packet);
  if (!ipv4) fuzz::require(classify(packet) == DatagramKind::Inner || up.action == UplinkAction::Drop);
  fuzz::require(!up.alive || source_of(packet) == tunnel.inner || tunnel.delegated->contains(source_of(packet)));
  fuzz::require(!up.alive || is_ipv4(packet) == ipv4);
  if (up.action == UplinkAction::EchoReply) require_right_answer(make_echo_reply(packet), packet);
  if (up.action == UplinkAction::Forward) (void)describe_merged(packet, kIPv6MinimumMtu);
  TunnelSpec narrow = tunnel;
  narrow.mtu = kIPv4MinimumMtu;
  if (check_downlink(narrow, packet, packet.size()).action == DownlinkAction::Fragment) cut(narrow, packet);
  check_errors(tunnel, packet);
}

void take_apart(const VnetHeader& vnet, ByteView original) {
  const auto copy = std::make_unique<std::uint8_t[]>(original.size());
  std::copy(original.begin(), original.end(), copy.get());
  const std::span<std::uint8_t> packet(copy.get(), original.size());
  const auto layout = layout_of(vnet, packet);
  if (!layout) return;
  if (layout->segments == 1) return complete_checksum(vnet, packet);
  const auto buffer = std::make_unique<std::uint8_t[]>(layout->segment_size);
  for (std::size_t done = 0; done < std::min(layout->segments, kSegmentsLimit);) {
    const SegmentRun run = segment(*layout, packet, done, {buffer.get(), layout->segment_size});
    fuzz::require(run.segments == 1 && run.bytes <= layout->segment_size);
    done += run.segments;
  }
}

// Nothing but MSS and checksum may change, a right checksum stays right, and the second time nothing is left to do.
void clamp(ByteView original) {
  const auto copy = std::make_unique<std::uint8_t[]>(original.size());
  std::copy(original.begin(), original.end(), copy.get());
  const std::span<std::uint8_t> packet(copy.get(), original.size());
  const bool right = upper_layer_checksum_right(packet);
  const bool clamped = clamp_mss(packet, kIPv6MinimumMtu, ChecksumState::Finished);
  fuzz::require(clamped || std::ranges::equal(packet, original));
  fuzz::require(!right || upper_layer_checksum_right(packet));
  fuzz::require(!clamp_mss(packet, kIPv6MinimumMtu, ChecksumState::Finished));
}

// What the kernel would get must come apart into as many packets, and as many bytes, as went in.
void merge(const std::vector<ByteView>& packets) {
  Coalescer coalescer({.tcp = true, .udp = true});
  for (const ByteView packet : packets) coalescer.add(packet);
  std::size_t count = 0;
  for (std::size_t i = 0; i < coalescer.size(); ++i) {
    const SuperPacket super = coalescer.at(i);
    count += super.packets;
    Bytes whole;
    for (const ByteView part : super.parts) whole.insert(whole.end(), part.begin(), part.end());
    fuzz::require(whole.size() == super.bytes);
    if (super.packets == 1) continue;
    const auto layout = layout_of(super.vnet, whole);
    fuzz::require(layout && layout->segments == super.packets);
    Bytes buffer(kBytesPerSend);
    const SegmentRun run = segment(*layout, whole, 0, buffer);
    const ByteView first = ByteView(buffer).first(coalescer.originals(i)[0].size());
    fuzz::require(run.segments >= 1 && upper_layer_checksum_right(first) && header_checksum_right(first));
  }
  fuzz::require(count == packets.size());
}

std::vector<ByteView> split(ByteView input) {
  std::vector<ByteView> packets;
  while (input.size() >= 2) {
    const std::size_t announced = static_cast<std::size_t>(input[0]) << 8 | input[1];
    input = input.subspan(2);
    packets.push_back(input.first(std::min(announced, input.size())));
    input = input.subspan(packets.back().size());
  }
  return packets;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  VnetHeader vnet;
  if (size < sizeof vnet) return 0;
  std::memcpy(&vnet, data, sizeof vnet);
  const std::vector<ByteView> packets = split(ByteView(data, size).subspan(sizeof vnet));
  if (packets.empty()) return 0;
  const TunnelSpec tunnel = tunnel_of(packets.front());
  for (const ByteView packet : packets) {
    check(tunnel, packet);
    take_apart(vnet, packet);
    clamp(packet);
  }
  merge(packets);
  return 0;
}
