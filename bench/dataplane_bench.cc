// SPDX-License-Identifier: Apache-2.0
//
// What the packet functions cost for each packet, system calls apart.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/base/random.h"
#include "core/dataplane/classify.h"
#include "core/dataplane/coalesce.h"
#include "core/dataplane/error_limiter.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/segment.h"
#include "core/dataplane/tunnel_table.h"

namespace tsp::dataplane {
namespace {

using test::address;
using test::Ends;

const IPv6Address kPeer = address("2001:db8:ffff::80");

// Its /128 in one range, its /56 in another.
TunnelSpec make_tunnel(std::uint32_t number) {
  TunnelSpec tunnel;
  tunnel.id = TunnelId{number + 1};
  const auto octet = [number](unsigned shift) { return static_cast<std::uint8_t>(number >> shift); };
  tunnel.path = {make_endpoint({{10, octet(20), octet(12), octet(4)}}, static_cast<std::uint16_t>(4000 + number % 16)),
                 make_endpoint({{192, 0, 2, 1}}, 3653)};
  tunnel.inner = address("2001:db8::");
  put32(tunnel.inner.octets, 12, number);
  IPv6Address base = address("2001:db9::");
  put32(base.octets, 3, number);
  tunnel.delegated = make_prefix(base, 56);
  tunnel.server_address = address("2001:db8:8000::1");
  tunnel.confirmed = true;
  return tunnel;
}

std::size_t payload_for(std::int64_t packet_size) {
  return static_cast<std::size_t>(packet_size) - kIPv6HeaderSize - kTcpHeaderSize;
}

// 64 consecutive packets of each of `flows` tunnels' connections, `burst` at a time.
std::vector<Bytes> make_traffic(std::size_t flows, std::size_t burst, std::size_t payload) {
  std::vector<Bytes> packets;
  for (std::size_t sent = 0; sent < 64; sent += burst) {
    for (std::size_t flow = 0; flow < flows; ++flow) {
      const Ends ends{make_tunnel(static_cast<std::uint32_t>(flow)).inner, kPeer};
      for (std::size_t i = sent; i < sent + burst; ++i) {
        const auto sequence = static_cast<std::uint32_t>(i * payload);
        packets.push_back(test::make_tcp(ends, {.sequence = sequence}, test::pattern(payload)));
      }
    }
  }
  return packets;
}

// ---- checksums: argument is the number of bytes ---------------------------------------------------------------

void checksum(benchmark::State& state) {
  const Bytes bytes = test::pattern(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ones_sum(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(checksum)->Arg(100)->Arg(1280)->Arg(1400)->Arg(65'000);

// ---- one packet: argument is its size -------------------------------------------------------------------------

void check_an_uplink_packet(benchmark::State& state) {
  const TunnelSpec tunnel = make_tunnel(1);
  const Bytes packet = test::make_tcp({tunnel.inner, kPeer}, {}, test::pattern(payload_for(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(check_uplink(tunnel, packet));
}
BENCHMARK(check_an_uplink_packet)->Arg(1280);

void check_an_uplink_packet_from_the_prefix(benchmark::State& state) {
  const TunnelSpec tunnel = make_tunnel(1);
  const Bytes packet = test::make_tcp({tunnel.delegated->base, kPeer}, {}, {});
  for (auto _ : state) benchmark::DoNotOptimize(check_uplink(tunnel, packet));
}
BENCHMARK(check_an_uplink_packet_from_the_prefix);

void check_a_downlink_packet(benchmark::State& state) {
  const TunnelSpec tunnel = make_tunnel(1);
  const Bytes packet = test::make_tcp({kPeer, tunnel.inner}, {}, test::pattern(payload_for(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(check_downlink(tunnel, packet, packet.size()));
}
BENCHMARK(check_a_downlink_packet)->Arg(1280);

void answer_an_echo(benchmark::State& state) {
  const TunnelSpec tunnel = make_tunnel(1);
  const Bytes request = test::make_echo_request({tunnel.inner, tunnel.server_address}, test::pattern(16));
  for (auto _ : state) benchmark::DoNotOptimize(make_echo_reply(request));
}
BENCHMARK(answer_an_echo);

void answer_with_packet_too_big(benchmark::State& state) {
  const TunnelSpec tunnel = make_tunnel(1);
  const Bytes packet = test::make_tcp({kPeer, tunnel.inner}, {}, test::pattern(1400));
  for (auto _ : state) benchmark::DoNotOptimize(make_packet_too_big(tunnel.server_address, 1280, packet));
}
BENCHMARK(answer_with_packet_too_big);

// ---- offloads: packets of 1280 bytes --------------------------------------------------------------------------

void coalesce(benchmark::State& state, std::size_t flows, std::size_t burst) {
  const std::vector<Bytes> packets = make_traffic(flows, burst, payload_for(1280));
  Coalescer coalescer({.tcp = true, .udp = true});
  for (auto _ : state) {
    // As a datapath does it: no more than 64 packets at a time.
    for (std::size_t begin = 0; begin < packets.size(); begin += 64) {
      for (std::size_t i = begin; i < std::min(begin + 64, packets.size()); ++i) coalescer.add(packets[i]);
      for (std::size_t i = 0; i < coalescer.size(); ++i) benchmark::DoNotOptimize(coalescer.at(i));
      coalescer.clear();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets.size()));
}
BENCHMARK_CAPTURE(coalesce, one_flow, 1, 64);
BENCHMARK_CAPTURE(coalesce, bursts_of_8_from_64_flows, 64, 8);
BENCHMARK_CAPTURE(coalesce, interleaved_64_flows, 64, 1);

// Argument: payload of one segment.
void segment_a_super_packet(benchmark::State& state) {
  const Ends ends{kPeer, make_tunnel(1).inner};
  const Bytes packet = test::make_tcp(ends, {}, test::pattern(60'000));
  const VnetHeader vnet{.flags = kVnetNeedsChecksum,
                        .gso_type = kVnetGsoTcp6,
                        .gso_size = static_cast<std::uint16_t>(state.range(0)),
                        .checksum_start = kIPv6HeaderSize,
                        .checksum_offset = kTcpChecksumAt};
  Bytes buffer(kBytesPerSend);
  std::int64_t segments = 0;
  for (auto _ : state) {
    const auto layout = layout_of(vnet, packet);
    for (std::size_t done = 0; done < layout->segments;) done += segment(*layout, packet, done, buffer).segments;
    segments += static_cast<std::int64_t>(layout->segments);
  }
  state.SetItemsProcessed(segments);
}
BENCHMARK(segment_a_super_packet)->Arg(40)->Arg(1220)->Arg(1340);

// ---- tables: argument is the number of tunnels ----------------------------------------------------------------

TunnelTable make_table(std::int64_t tunnels) {
  TunnelTable table;
  for (std::int64_t i = 0; i < tunnels; ++i) (void)table.install(make_tunnel(static_cast<std::uint32_t>(i)), {});
  return table;
}

// The tunnels in an order that no cache foresees.
std::vector<TunnelSpec> shuffled_tunnels(std::int64_t tunnels) {
  Random random{Seed{1}};
  std::vector<TunnelSpec> specs;
  for (int i = 0; i < 4096; ++i) {
    specs.push_back(make_tunnel(static_cast<std::uint32_t>(random.below(static_cast<std::uint64_t>(tunnels)))));
  }
  return specs;
}

void find_a_tunnel_by_path(benchmark::State& state) {
  const TunnelTable table = make_table(state.range(0));
  const std::vector<TunnelSpec> wanted = shuffled_tunnels(state.range(0));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find_by_path(wanted[i++ % wanted.size()].path));
}
BENCHMARK(find_a_tunnel_by_path)->Arg(1)->Arg(1'000)->Arg(100'000);

void find_a_tunnel_by_address(benchmark::State& state) {
  const TunnelTable table = make_table(state.range(0));
  const std::vector<TunnelSpec> wanted = shuffled_tunnels(state.range(0));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find_by_inner(wanted[i++ % wanted.size()].inner));
}
BENCHMARK(find_a_tunnel_by_address)->Arg(1)->Arg(1'000)->Arg(100'000);

void find_a_tunnel_by_prefix(benchmark::State& state) {
  const TunnelTable table = make_table(state.range(0));
  const std::vector<TunnelSpec> wanted = shuffled_tunnels(state.range(0));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find_by_inner(wanted[i++ % wanted.size()].delegated->base));
}
BENCHMARK(find_a_tunnel_by_prefix)->Arg(1)->Arg(1'000)->Arg(100'000);

void limit_errors(benchmark::State& state) {
  ErrorLimiter limiter;
  const IPv6Address inner = make_tunnel(1).inner;
  Instant now{std::chrono::seconds(1)};
  for (auto _ : state) {
    now = now + std::chrono::microseconds(10);
    benchmark::DoNotOptimize(limiter.allow(kPeer, inner, now));
  }
}
BENCHMARK(limit_errors);

}  // namespace
}  // namespace tsp::dataplane
