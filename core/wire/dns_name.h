// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <tsp/address.h>

namespace tsp::wire {

// 1…253 characters: labels of letters, digits and inner hyphens, at most 63 each; one dot at the end is allowed. Such
// a name means nothing to a shell, to XML, or in a format string.
[[nodiscard]] bool valid_dns_name(std::string_view name);

// Names are compared without regard to case (RFC 1035 section 2.3.3): in small letters, without the dot at the end.
[[nodiscard]] std::string canonical_name(std::string_view name);

// Whether it is the zone's own name or one below it; both canonical.
[[nodiscard]] bool lies_in(std::string_view name, std::string_view zone);

// The first of the address's nibbles, 0…32 of them, as a name below ip6.arpa (RFC 3596 section 2.5).
[[nodiscard]] std::string reverse_name(const IPv6Address& address, unsigned nibbles);

}  // namespace tsp::wire
