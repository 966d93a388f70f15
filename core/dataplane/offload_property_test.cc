// SPDX-License-Identifier: Apache-2.0
//
// Coalescing and segmentation undo each other, and neither reads or writes beyond what it is given.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "core/base/random.h"
#include "core/dataplane/coalesce.h"
#include "core/dataplane/fragment.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/segment.h"

namespace tsp::dataplane {
namespace offload_property_test {

using test::address;
using test::Ends;
using test::TcpFields;

// By ports and protocol.
using FlowKey = std::pair<std::uint32_t, std::uint8_t>;

FlowKey flow_of(ByteView packet) {
  return {get32(packet, ip_header_size(packet)), protocol_of(packet)};
}

const Ends kIPv6Ends{address("2001:db8:0:1::7"), address("2001:db8:ffff::80")};
const Ends kIPv4Ends{test::ipv4("10.64.0.7"), test::ipv4("192.0.2.80")};

struct Flow {
  Ends ends;
  TcpFields fields;
  bool udp = false;
  std::size_t usual_size = 0;
  unsigned fragment = 0;  // IPv4: the flags
  std::uint16_t identification = 0;
};

Flow make_flow(Random& random, std::uint16_t number) {
  Flow flow{.ends = random.chance(1, 2) ? kIPv4Ends : kIPv6Ends, .fields = {}};
  flow.fragment = random.chance(1, 2) ? kDontFragment : 0;
  flow.identification = static_cast<std::uint16_t>(random.next_u64());
  flow.fields.source_port = static_cast<std::uint16_t>(1000 + number);
  flow.fields.sequence = static_cast<std::uint32_t>(random.next_u64());
  flow.fields.options.resize(random.below(11) * 4);
  flow.udp = random.chance(1, 2);
  flow.usual_size = random.between(1, 1400);
  return flow;
}

Bytes with_identification(Flow& flow, Random& random, Bytes packet) {
  if (!is_ipv4(packet)) return packet;
  if (random.chance(1, 40)) ++flow.identification;
  return test::with_ipv4_fields(std::move(packet), flow.identification++, flow.fragment);
}

Bytes next_packet(Flow& flow, Random& random) {
  const std::size_t size = random.chance(1, 8) ? random.below(1400) : flow.usual_size;
  Bytes payload(size);
  random.fill(payload);
  if (flow.udp) {
    return with_identification(flow, random, test::make_udp(flow.ends, payload, flow.fields.source_port));
  }
  TcpFields fields = flow.fields;
  if (random.chance(1, 10)) fields.flags |= kTcpPsh;
  if (random.chance(1, 40)) fields.flags |= static_cast<unsigned>(random.below(256));
  if (random.chance(1, 40)) fields.sequence += 1;
  if (random.chance(1, 40)) flow.fields.window += 1;
  flow.fields.sequence += static_cast<std::uint32_t>(size);
  return with_identification(flow, random, test::make_tcp(flow.ends, fields, payload));
}

std::vector<Bytes> make_burst(Random& random) {
  std::vector<Flow> flows;
  for (std::uint16_t i = 0; i < 1 + random.below(4); ++i) flows.push_back(make_flow(random, i));
  std::vector<Bytes> burst;
  std::size_t current = 0;
  for (std::size_t i = random.below(300); i > 0; --i) {
    if (random.chance(1, 4)) current = random.below(flows.size());
    burst.push_back(next_packet(flows[current], random));
  }
  return burst;
}

Bytes joined(const SuperPacket& super) {
  Bytes bytes;
  for (const ByteView part : super.parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

// What becomes of the super-packet when the kernel hands it down again.
std::vector<Bytes> taken_apart(const SuperPacket& super) {
  Bytes packet = joined(super);
  const auto layout = layout_of(super.vnet, packet);
  EXPECT_TRUE(layout);
  if (!layout) return {};
  EXPECT_EQ(layout->segments, super.packets);
  if (layout->segments == 1) {
    complete_checksum(super.vnet, packet);
    return {packet};
  }
  std::vector<Bytes> packets;
  Bytes buffer(kBytesPerSend);
  for (std::size_t done = 0; done < layout->segments;) {
    const SegmentRun run = segment(*layout, packet, done, buffer);
    done += run.segments;
    for (ByteView rest = ByteView(buffer).first(run.bytes); !rest.empty();) {
      const ByteView one = rest.first(std::min(layout->segment_size, rest.size()));
      packets.emplace_back(one.begin(), one.end());
      rest = rest.subspan(one.size());
    }
  }
  return packets;
}

// Where fragments are forbidden the identification means nothing.
Bytes without_idle_identification(const Bytes& packet) {
  const bool idle = is_ipv4(packet) && !may_be_fragmented(packet);
  return idle ? test::with_ipv4_fields(packet, 0, kDontFragment) : packet;
}

std::map<FlowKey, std::vector<Bytes>> by_flow(const std::vector<Bytes>& packets) {
  std::map<FlowKey, std::vector<Bytes>> flows;
  for (const Bytes& packet : packets) flows[flow_of(packet)].push_back(without_idle_identification(packet));
  return flows;
}

std::vector<Bytes> through_the_device(Coalescer& coalescer, const std::vector<Bytes>& burst) {
  for (const Bytes& packet : burst) coalescer.add(packet);
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < coalescer.size(); ++i) {
    for (Bytes& packet : taken_apart(coalescer.at(i))) packets.push_back(std::move(packet));
  }
  coalescer.clear();
  return packets;
}

TEST(Offloads, SegmentingWhatWasCoalescedGivesTheSamePacketsInTheSameOrderWithinAFlow) {
  Random random{Seed{1}};
  Coalescer coalescer({.tcp = true, .udp = true});
  std::size_t merged = 0;
  std::size_t total = 0;
  for (int round = 0; round < 300; ++round) {
    const std::vector<Bytes> burst = make_burst(random);
    for (const Bytes& packet : burst) coalescer.add(packet);
    merged += burst.size() - coalescer.size();
    total += burst.size();
    coalescer.clear();
    ASSERT_EQ(by_flow(through_the_device(coalescer, burst)), by_flow(burst)) << "round " << round;
  }
  EXPECT_GT(merged, total / 4) << "the flows hardly test anything";
}

TEST(Offloads, CorruptPacketsComeOutAsTheyWere) {
  Random random{Seed{2}};
  Coalescer coalescer({.tcp = true, .udp = true});
  for (int round = 0; round < 200; ++round) {
    std::vector<Bytes> burst = make_burst(random);
    for (Bytes& packet : burst) {
      if (!random.chance(1, 5)) continue;
      // Behind the ports, so that the flow stays the same.
      const std::size_t at = random.between(ip_header_size(packet) + 4, packet.size() - 1);
      packet[at] = static_cast<std::uint8_t>(packet[at] ^ random.between(1, 255));
    }
    ASSERT_EQ(by_flow(through_the_device(coalescer, burst)), by_flow(burst)) << "round " << round;
  }
}

// A copy on the heap, of exactly this size: a sanitizer sees each byte that is read beyond it.
struct Exact {
  explicit Exact(ByteView bytes) : size(bytes.size()), data(std::make_unique<std::uint8_t[]>(bytes.size())) {
    std::copy(bytes.begin(), bytes.end(), data.get());
  }
  [[nodiscard]] std::span<std::uint8_t> span() const { return {data.get(), size}; }

  std::size_t size;
  std::unique_ptr<std::uint8_t[]> data;
};

VnetHeader random_header(Random& random) {
  const auto small_or_any = [&](std::uint64_t small) {
    return static_cast<std::uint16_t>(random.chance(3, 4) ? random.below(small) : random.below(65'536));
  };
  VnetHeader vnet;
  vnet.flags = static_cast<std::uint8_t>(random.chance(3, 4) ? kVnetNeedsChecksum : random.below(256));
  const std::uint8_t types[] = {kVnetGsoNone, kVnetGsoTcp6, kVnetGsoUdp, kVnetGsoTcp6 | kVnetGsoEcn, kVnetGsoTcp4};
  vnet.gso_type = random.chance(7, 8) ? types[random.below(5)] : static_cast<std::uint8_t>(random.below(256));
  vnet.header_size = small_or_any(100);
  vnet.gso_size = small_or_any(100);
  const std::uint16_t starts[] = {kIPv6HeaderSize, kIPv4HeaderSize};
  vnet.checksum_start = random.chance(1, 2) ? starts[random.below(2)] : small_or_any(200);
  const std::uint16_t offsets[] = {kTcpChecksumAt, kUdpChecksumAt};
  vnet.checksum_offset = random.chance(3, 4) ? offsets[random.below(2)] : small_or_any(200);
  return vnet;
}

TEST(Offloads, NoHeaderMakesSegmentationLeaveItsBounds) {
  Random random{Seed{3}};
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random.below(400));
    random.fill(bytes);
    if (!bytes.empty()) bytes[0] = random.chance(1, 2) ? 0x60 : static_cast<std::uint8_t>(0x40 + random.below(16));
    const Exact packet(bytes);
    const VnetHeader vnet = random_header(random);
    const auto layout = layout_of(vnet, packet.span());
    if (!layout) continue;
    ++accepted;
    if (layout->segments == 1) {
      complete_checksum(vnet, packet.span());
      continue;
    }
    const Exact out(Bytes(layout->segment_size + random.below(1000)));
    std::size_t payload = 0;
    for (std::size_t done = 0; done < layout->segments;) {
      const SegmentRun run = segment(*layout, packet.span(), done, out.span());
      ASSERT_GT(run.segments, 0U);
      ASSERT_LE(run.bytes, out.size);
      payload += run.bytes - run.segments * layout->header_size;
      done += run.segments;
    }
    ASSERT_EQ(payload, packet.size - layout->header_size);
  }
  EXPECT_GT(accepted, 2'000U) << "the headers hardly test anything";
}

TEST(Offloads, NoBytesMakeCoalescingLeaveItsBounds) {
  Random random{Seed{4}};
  Coalescer coalescer({.tcp = true, .udp = true});
  for (int round = 0; round < 5'000; ++round) {
    std::vector<Exact> burst;
    for (int i = 0; i < 4; ++i) {
      Bytes bytes(random.below(120));
      if (random.chance(1, 2)) random.fill(bytes);
      const bool ipv4 = random.chance(1, 2);
      if (bytes.size() >= (ipv4 ? kIPv4HeaderSize : kIPv6HeaderSize)) {
        bytes[0] = ipv4 ? 0x45 : 0x60;
        put_size(bytes, bytes.size());
        bytes[ipv4 ? kProtocolAt : kNextHeaderAt] = random.chance(1, 2) ? kTcp : kUdp;
      }
      burst.emplace_back(bytes);
      coalescer.add(burst.back().span());
    }
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < coalescer.size(); ++i) bytes += joined(coalescer.at(i)).size();
    std::size_t expected = 0;
    for (const Exact& packet : burst) expected += packet.size;
    ASSERT_LE(bytes, expected);
    coalescer.clear();
  }
}

}  // namespace offload_property_test
}  // namespace tsp::dataplane
