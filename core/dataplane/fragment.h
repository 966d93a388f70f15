// SPDX-License-Identifier: Apache-2.0
//
// IPv4 packets larger than a tunnel's MTU, cut into fragments (RFC 791 section 3.2). IPv6 is fragmented by its sender
// alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <tsp/types.h>

namespace tsp::dataplane {

// The largest header and eight bytes: what every link carries (RFC 791).
inline constexpr std::size_t kIPv4MinimumMtu = 68;

// Whether it is IPv4 that may: its sender did not forbid it. `packet`: one that has_ip_header accepts (ip_view.h).
[[nodiscard]] bool may_be_fragmented(ByteView packet);

//   Fragmenter fragmenter(packet, mtu);
//   while (const std::size_t size = fragmenter.next(out)) send(out.first(size));
class Fragmenter {
 public:
  // `packet`: IPv4, whole as its header says, itself a fragment perhaps; it must stay. mtu: from kIPv4MinimumMtu on.
  Fragmenter(ByteView packet, std::size_t mtu);

  // Writes the next fragment to the start of `out`, which holds `mtu` bytes, and returns its size; 0: there is none
  // left. Each has the identification of the packet, and a right header checksum. Only the first has the options that
  // are not to be copied.
  [[nodiscard]] std::size_t next(std::span<std::uint8_t> out);

 private:
  ByteView packet_;
  ByteView left_;  // of the payload
  std::size_t mtu_;
};

}  // namespace tsp::dataplane
