// SPDX-License-Identifier: Apache-2.0
//
// What a TCP end may send its peer is told once, in the MSS option of its SYN. A tunnel lowers it to what fits, so that
// connections work where Packet Too Big and Fragmentation Needed are filtered away (RFC 4459 section 3.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <tsp/types.h>

namespace tsp::dataplane {

// What the checksum field holds. Unfinished: no more than the sum of the pseudo-header, as in a packet of a TUN device
// with kVnetNeedsChecksum; the options are not in it.
enum class ChecksumState : std::uint8_t { Finished, Unfinished };

// Lowers the MSS options of a TCP SYN in `packet`, an inner packet of any kind and shape, to what a packet of `mtu`
// bytes holds without options; the checksum stays as right or wrong as it was. Returns whether anything was changed.
// Nothing is put in where there is no option, nothing is raised, fragments are left alone. For all other packets this
// is a look at two bytes.
bool clamp_mss(std::span<std::uint8_t> packet, std::size_t mtu, ChecksumState state);

}  // namespace tsp::dataplane
