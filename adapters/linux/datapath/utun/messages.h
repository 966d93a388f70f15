// SPDX-License-Identifier: Apache-2.0
//
// The messages of the generic netlink family "utun" (kmod-utun/utun.yaml): how requests are written, and what answers
// and events say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tsp/datapath.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/datapath_counters.h"

namespace tsp::linux_::utun {

// Whom a request is for.
struct Target {
  std::uint16_t family = 0;  // the number that the kernel gave to the family
  std::uint32_t device = 0;  // index
};

// As many as the module takes away in one step.
inline constexpr std::size_t kReplacesMax = 64;
// Tunnels in one request.
inline constexpr std::size_t kBatchMax = 128;

// ---- requests; each is answered once, but for the dump

// Numbers, version and multicast groups of the family "utun"; answered by the kernel itself.
[[nodiscard]] Bytes find_family();
[[nodiscard]] Bytes add_tunnel(const Target& target, const InstallTunnel& order);
// 1 to kBatchMax orders, of which none replaces more than kReplacesMax.
[[nodiscard]] Bytes add_tunnels(const Target& target, std::span<const InstallTunnel> orders);
[[nodiscard]] Bytes delete_tunnel(const Target& target, const RemoveTunnel& order);
[[nodiscard]] Bytes get_tunnel(const Target& target, TunnelId id);
[[nodiscard]] Bytes dump_tunnels(const Target& target);
[[nodiscard]] Bytes get_device(const Target& target);

// ---- answers; none: the message is not what it should be

struct Family {
  std::uint16_t number = 0;
  std::uint32_t version = 0;
  std::uint32_t events = 0;  // multicast group
};
[[nodiscard]] std::optional<Family> read_family(ByteView message);

struct ListedTunnel {
  TunnelSpec spec;
  TunnelUsage usage;
};
[[nodiscard]] std::optional<ListedTunnel> read_tunnel(ByteView message);

struct Refusal {
  std::size_t index = 0;  // in the batch
  int error = 0;          // an errno
  std::string text{};
};
struct BatchAnswer {
  std::size_t added = 0;
  std::vector<Refusal> refusals{};  // perhaps not all
};
[[nodiscard]] std::optional<BatchAnswer> read_batch(ByteView message);

// The counters that a device keeps; the rest is 0.
[[nodiscard]] std::optional<DatapathCounters> read_counters(ByteView message);

// ---- events

struct Event {
  enum class Kind : std::uint8_t { Confirmed, Removed, AllRemoved, DeviceGone, Other };
  Kind kind = Kind::Other;
  std::uint32_t device = 0;
  TunnelId tunnel{};       // Confirmed, Removed
  std::uint32_t port = 0;  // of the socket whose request caused it; 0: none did
};
[[nodiscard]] std::optional<Event> read_event(ByteView message);

}  // namespace tsp::linux_::utun
