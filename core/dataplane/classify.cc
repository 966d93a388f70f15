// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/classify.h"

#include <string_view>

#include "core/dataplane/packet.h"

namespace tsp::dataplane {
namespace {

constexpr std::size_t kSignallingHeaderSize = 8;
constexpr std::string_view kLegacyStart = "VERSION=";

// Clients older than HexOS 4.0 send the sequence word little-endian, so that the marker is in its fourth byte. Only
// their first message is told from garbage by its text.
bool is_legacy_start(ByteView datagram) {
  if (datagram.size() < kSignallingHeaderSize + kLegacyStart.size() || datagram[3] >> 4 != 0xF) return false;
  const ByteView text = datagram.subspan(kSignallingHeaderSize, kLegacyStart.size());
  return as_text(text) == kLegacyStart;
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
      return is_legacy_start(datagram) ? DatagramKind::LegacySignalling : DatagramKind::Garbage;
  }
}

}  // namespace tsp::dataplane
