// SPDX-License-Identifier: Apache-2.0
//
// The header that stands before each packet on a TUN device opened with IFF_VNET_HDR (struct virtio_net_hdr of
// linux/virtio_net.h, which does not compile as C++). Fields are in host byte order, as the kernel wants them from
// a device without TUNSETVNETLE; the struct is written and read as it is.
#pragma once

#include <cstdint>
#include <type_traits>

namespace tsp::dataplane {

inline constexpr std::uint8_t kVnetNeedsChecksum = 1;  // VnetHeader::flags

inline constexpr std::uint8_t kVnetGsoNone = 0;  // VnetHeader::gso_type
inline constexpr std::uint8_t kVnetGsoTcp4 = 1;
inline constexpr std::uint8_t kVnetGsoTcp6 = 4;
inline constexpr std::uint8_t kVnetGsoUdp = 5;     // VIRTIO_NET_HDR_GSO_UDP_L4
inline constexpr std::uint8_t kVnetGsoEcn = 0x80;  // a bit beside the type: some segment carries CWR

struct VnetHeader {
  std::uint8_t flags = 0;
  std::uint8_t gso_type = kVnetGsoNone;
  std::uint16_t header_size = 0;      // all headers up to the payload; the kernel gives it as a hint only
  std::uint16_t gso_size = 0;         // payload bytes of each segment but the last
  std::uint16_t checksum_start = 0;   // from here to the end is summed …
  std::uint16_t checksum_offset = 0;  // … and the result goes here, counted from checksum_start

  friend bool operator==(const VnetHeader&, const VnetHeader&) = default;
};
static_assert(sizeof(VnetHeader) == 10 && std::is_trivially_copyable_v<VnetHeader>);

}  // namespace tsp::dataplane
