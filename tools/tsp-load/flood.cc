// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/flood.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "adapters/linux/net/clock.h"
#include "core/base/assert.h"
#include "tools/capture/encapsulate.h"
#include "tools/tsp-load/latencies.h"
#include "tools/tsp-load/packet_sender.h"
#include "tools/tsp-load/packets.h"

namespace tsp::load {
namespace {

constexpr Duration kWait = std::chrono::milliseconds(1);
// What has not arrived after this time without any arrival is lost.
constexpr Duration kPatience = std::chrono::milliseconds(50);

Bytes make_packet(const FloodOptions& options, const HeldTunnel& tunnel) {
  switch (options.direction) {
    case FloodDirection::Up:
      return capture::encapsulate(tunnel.local, tunnel.server,
                                  make_flood_packet(tunnel.inner, options.peer, options.size));
    case FloodDirection::Down:
      return make_flood_packet(options.peer, tunnel.inner, options.size);
    case FloodDirection::PlainUp:
      return make_flood_packet(tunnel.inner, options.peer, options.size);
  }
  TSP_ASSERT(false);
}

class Flood {
 public:
  Flood(const FloodOptions& options, PacketSender sender, PacketSink sink)
      : options_(options), sender_(std::move(sender)), sink_(std::move(sink)) {}

  std::expected<FloodReport, std::string> run() {
    const Instant start = linux_::read_clock().mono;
    const Instant end = start + options_.time_limit;
    last_arrival_ = start;
    for (Instant now = start; now < end && !all_sent(); now = linux_::read_clock().mono) {
      collect(now);
      if (report_.sent - settled_ + PacketSender::kBatch > options_.window) {
        wait(now);
      } else if (auto sent = send_batch(); !sent) {
        return std::unexpected(std::move(sent.error()));
      }
    }
    while (settled_ < report_.sent) {
      collect(linux_::read_clock().mono);
      wait(linux_::read_clock().mono);
    }
    report_.elapsed = last_arrival_ - start;
    return report_;
  }

 private:
  [[nodiscard]] bool all_sent() const { return options_.count != 0 && report_.sent >= options_.count; }

  std::expected<void, std::string> send_batch() {
    std::size_t size = PacketSender::kBatch;
    if (options_.count != 0) size = std::min<std::uint64_t>(size, options_.count - report_.sent);
    std::array<std::size_t, PacketSender::kBatch> indexes{};
    for (std::size_t i = 0; i < size; ++i) indexes[i] = (report_.sent + i) / options_.burst % sender_.packets();
    report_.sent += size;
    return sender_.send(std::span(indexes).first(size));
  }

  void collect(Instant now) {
    const std::uint64_t arrived = sink_.take();
    if (arrived == 0) return;
    report_.arrived += arrived;
    settled_ = std::min(settled_ + arrived, report_.sent);
    last_arrival_ = now;
  }

  void wait(Instant now) {
    sink_.wait(kWait);
    if (now - last_arrival_ <= kPatience) return;
    settled_ = report_.sent;
    last_arrival_ = now;
  }

  const FloodOptions& options_;
  PacketSender sender_;
  PacketSink sink_;
  FloodReport report_;
  std::uint64_t settled_ = 0;  // arrived or given up
  Instant last_arrival_;
};

}  // namespace

std::expected<FloodReport, std::string> run_flood(const FloodOptions& options) {
  TSP_ASSERT(!options.tunnels.empty() && options.burst > 0 && options.window >= PacketSender::kBatch);
  std::vector<Bytes> packets;
  for (const HeldTunnel& tunnel : options.tunnels) packets.push_back(make_packet(options, tunnel));
  auto sender = PacketSender::open(std::move(packets), options.next_hop);
  if (!sender) return std::unexpected(std::move(sender.error()));
  SinkOptions sink_options = options.sink;
  sink_options.packet_size = options.size;
  auto sink = PacketSink::open(sink_options);
  if (!sink) return std::unexpected(std::move(sink.error()));
  return Flood(options, std::move(*sender), std::move(*sink)).run();
}

std::string to_text(const FloodReport& report) {
  char line[160];
  const double seconds = std::max(to_seconds(report.elapsed), 1e-9);
  std::snprintf(line, sizeof line, "%llu packets sent, %llu arrived in %.2f s: %.0f a second\n",
                static_cast<unsigned long long>(report.sent), static_cast<unsigned long long>(report.arrived), seconds,
                static_cast<double>(report.arrived) / seconds);
  return line;
}

std::string to_json(const FloodReport& report) {
  const double seconds = std::max(to_seconds(report.elapsed), 1e-9);
  const nlohmann::ordered_json json{{"sent", report.sent},
                                    {"arrived", report.arrived},
                                    {"seconds", seconds},
                                    {"per_second", static_cast<double>(report.arrived) / seconds}};
  return json.dump() + "\n";
}

}  // namespace tsp::load
