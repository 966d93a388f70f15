// SPDX-License-Identifier: Apache-2.0
//
// For name servers that take no dynamic updates: a file with all records of a zone, for its zone file to $INCLUDE.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "adapters/linux/dns/records.h"

namespace tsp::linux_::dns {

// The records of all owners that lie in `zone`, which is one of `zones`, and in no longer one of them (zone_of);
// sorted, with absolute names, in the form of RFC 1035 section 5. Of two owners who ask for the same RRset the later in
// `desired` has it. An error: a record is not valid.
[[nodiscard]] std::expected<std::string, std::string> zone_fragment(std::string_view zone,
                                                                    std::span<const std::string> zones,
                                                                    std::span<const DesiredRecords> desired,
                                                                    std::uint32_t ttl_seconds);

// Replaces the file at once: whoever reads it sees all of the old or all of the new, and after a crash as well. The new
// one is readable by everybody, as a name server runs as another user.
[[nodiscard]] std::expected<void, std::string> write_zone_fragment(const std::string& path, std::string_view text);

}  // namespace tsp::linux_::dns
