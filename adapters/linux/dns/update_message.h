// SPDX-License-Identifier: Apache-2.0
//
// The messages of dynamic update, RFC 2136.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/types.h>

#include "adapters/linux/dns/records.h"

namespace tsp::linux_::dns {

// Room is left in 16 KiB for the signature.
inline constexpr std::size_t kUpdateSizeMax = 16384 - 512;

// The records of a name and type become these; none: they are removed. All of it in one message, so that nobody sees
// half of it.
struct RrsetChange {
  RrsetKey key;
  std::vector<RecordData> data;
};

// The changes of one zone as few messages of at most `size_max` octets, with id 0 and without signature. A change that
// is larger by itself has a message of its own: what records.h allows is far below kUpdateSizeMax.
[[nodiscard]] std::vector<Bytes> encode_updates(std::string_view zone, std::span<const RrsetChange> changes,
                                                std::uint32_t ttl_seconds, std::size_t size_max = kUpdateSizeMax);

void set_id(Bytes& message, std::uint16_t id);

}  // namespace tsp::linux_::dns
