// SPDX-License-Identifier: Apache-2.0
#include "core/wire/content_length.h"

#include "core/base/decimal.h"
#include "core/wire/text.h"

namespace tsp::wire {

std::optional<std::uint32_t> parse_content_length(std::string_view line, std::uint32_t max) {
  constexpr std::string_view kName = kContentLength.substr(0, kContentLength.size() - 1);
  if (!starts_with_ignoring_case(line, kName)) return std::nullopt;
  const std::string_view colon = skip_leading(line.substr(kName.size()), kBlanks);
  if (!colon.starts_with(':')) return std::nullopt;
  const auto length = parse_decimal(trim(colon.substr(1)), max);
  return length && *length > 0 ? length : std::nullopt;
}

}  // namespace tsp::wire
