// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tsp/types.h>

#include "tools/pcap-sanitize/aliases.h"

namespace tsp::sanitize {

// A packet that dataplane::has_ip_header accepts with aliases for its addresses, and zeros for all that is behind the
// headers of TCP, UDP or ICMP (their first 20, 8 and 8 bytes). Its checksums stay right or wrong.
[[nodiscard]] Bytes sanitize_packet(ByteView packet, Aliases& aliases);

}  // namespace tsp::sanitize
