// SPDX-License-Identifier: Apache-2.0
//
// The kernel merges TCP segments on their way in (GRO), within protocol 41 and IPv6 too, and leaves their checksum
// unfinished. A UDP socket never sees that, a raw socket gets the merged packet as if it had been sent like this.
#pragma once

#include <cstddef>
#include <optional>

#include <tsp/types.h>

#include "core/dataplane/vnet_header.h"

namespace tsp::dataplane {

// What to tell a TUN device about `packet`, one that check_uplink lets pass; none if it is an ordinary one. How
// long the merged segments were, it does not say: it is to be cut into packets of at most `mtu` bytes.
// A packet that was sent with such a checksum by chance is not harmed: it gets the right one, which is the same.
[[nodiscard]] std::optional<VnetHeader> describe_merged(ByteView packet, std::size_t mtu);

// How many packets it is cut into.
[[nodiscard]] std::size_t packets_of(const VnetHeader& vnet, ByteView packet);

}  // namespace tsp::dataplane
