// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_pages.h"

namespace tsp::linux_ {

std::optional<IPv6Prefix> parse_range(const std::string& text) {
  const auto address = parse_address(text);
  return address ? std::optional(host_prefix(*address)) : parse_any_prefix(text);
}

std::optional<ApiResponse> read_range(const ApiContext& context, const char* name, std::optional<IPv6Prefix>& range) {
  const auto text = context.parameter(name);
  if (!text) return std::nullopt;
  range = parse_range(*text);
  if (range) return std::nullopt;
  return refuse(422, std::string(name) + ": expected an IPv6 or IPv4 address or prefix");
}

}  // namespace tsp::linux_
