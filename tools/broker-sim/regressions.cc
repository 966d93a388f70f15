// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/regressions.h"

#include <sstream>

#include "tools/broker-sim/command_line.h"

namespace tsp::broker_sim {
namespace {

std::optional<Regression> parse_line(const std::string& line) {
  const std::size_t hash = line.find('#');
  if (hash == std::string::npos || line.find_first_not_of(' ', hash + 1) == std::string::npos) return std::nullopt;
  Regression regression{.what = line.substr(line.find_first_not_of(' ', hash + 1))};
  std::istringstream words(line.substr(0, hash));
  std::string keep;
  std::string more;
  if (!(words >> regression.seed >> regression.preset >> keep) || words >> more) return std::nullopt;
  if (keep == "all") return regression;
  regression.keep = parse_numbers(keep == "none" ? "" : keep);
  return regression.keep ? std::optional(regression) : std::nullopt;
}

}  // namespace

std::expected<std::vector<Regression>, std::string> parse_regressions(std::string_view text) {
  std::vector<Regression> regressions;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (unsigned number = 1; std::getline(lines, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    auto regression = parse_line(line);
    if (!regression) {
      return std::unexpected("line " + std::to_string(number) + ": expected SEED PRESET 1,4-7|all # what it was");
    }
    regressions.push_back(std::move(*regression));
  }
  return regressions;
}

}  // namespace tsp::broker_sim
