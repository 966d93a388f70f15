// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/table.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tsp::tspctl {
namespace {

// Characters, not bytes; the escaped text that is shown has no combining ones.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string render_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::uint64_t tenths = 0;
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < kUnits.size()) {
    tenths = bytes % 1000 / 100;
    bytes /= 1000;
    ++unit;
  }
  const std::string fraction = unit > 0 ? "." + std::to_string(tenths) : "";
  return std::to_string(bytes) + fraction + " " + std::string(kUnits[unit]);
}

std::string human_seconds(std::uint64_t seconds) {
  const auto two = [](std::uint64_t large, const char* large_unit, std::uint64_t small, const char* small_unit) {
    const std::string tail = small > 0 ? " " + std::to_string(small) + " " + small_unit : "";
    return std::to_string(large) + " " + large_unit + tail;
  };
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

}  // namespace tsp::tspctl
