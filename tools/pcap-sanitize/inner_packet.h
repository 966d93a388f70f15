// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tsp/types.h>

#include "tools/pcap-sanitize/aliases.h"

namespace tsp::sanitize {

// An IPv6 packet of at least 40 bytes with aliases for its addresses, and zeros for all that is behind the headers of
// TCP, UDP or ICMPv6 (their first 20, 8 and 8 bytes). Its checksum stays right or wrong.
[[nodiscard]] Bytes sanitize_packet(ByteView packet, Aliases& aliases);

}  // namespace tsp::sanitize
