// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tsp::wire {

// 1…253 characters: labels of letters, digits and inner hyphens, at most 63 each; one dot at the end is allowed. Such
// a name means nothing to a shell, to XML, or in a format string.
[[nodiscard]] bool valid_dns_name(std::string_view name);

}  // namespace tsp::wire
