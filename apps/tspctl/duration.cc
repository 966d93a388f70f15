// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/duration.h"

#include "adapters/linux/control/api_fields.h"

namespace tsp::tspctl {
namespace {

std::optional<std::uint64_t> seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86'400;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto unit = seconds_of(text.back());
  const auto count = linux_::parse_number(unit ? text.substr(0, text.size() - 1) : text);
  if (!count || *count > UINT64_MAX / unit.value_or(1)) return std::nullopt;
  return *count * unit.value_or(1);
}

}  // namespace tsp::tspctl
