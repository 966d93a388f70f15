// SPDX-License-Identifier: Apache-2.0
//
// The outer addresses of many clients on one machine. All of 127.0.0.0/8 is local everywhere; other ranges have to be
// made so (ip route add local RANGE dev lo).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <tsp/address.h>

namespace tsp::load {

struct SourceRange {
  IPv4Address base{{127, 0, 0, 0}};
  unsigned length = 8;  // of the prefix, 0…32
};

// "ADDRESS" or "ADDRESS/LENGTH"; none if bits are set beyond the length.
[[nodiscard]] std::optional<SourceRange> parse_source_range(std::string_view text);

// The address of client `number`. Neighbours are in different /24s as far as the range has them, because brokers limit
// what comes from one; the first and the last address of a /24 are never used. Numbers beyond the range begin again.
[[nodiscard]] IPv4Address source_address(const SourceRange& range, std::size_t number);

}  // namespace tsp::load
