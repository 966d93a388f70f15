// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/classify.h"

#include "core/dataplane/packet.h"

namespace tsp::dataplane {
namespace {

constexpr std::size_t kSignallingHeaderSize = 8;

// Clients older than HexOS 4.0 send the sequence word little-endian, so that the marker is in its fourth byte. Whether
// such a datagram begins a session or belongs to one, or is garbage, only the broker knows.
bool has_legacy_marker(ByteView datagram) {
  return datagram.size() >= kSignallingHeaderSize && datagram[3] >> 4 == 0xF;
}

}  // namespace

DatagramKind classify(ByteView datagram) {
  if (datagram.empty()) return DatagramKind::Garbage;
  switch (datagram[0] >> 4) {
    case 0x6:
      return datagram.size() >= kIPv6HeaderSize ? DatagramKind::Inner : DatagramKind::Garbage;
    case 0xF:
      return datagram.size() >= kSignallingHeaderSize ? DatagramKind::Signalling : DatagramKind::Garbage;
    default:
      return has_legacy_marker(datagram) ? DatagramKind::LegacySignalling : DatagramKind::Garbage;
  }
}

}  // namespace tsp::dataplane
