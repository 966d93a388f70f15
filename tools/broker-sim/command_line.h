// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tsp::broker_sim {

enum class ExitCode : std::uint8_t {
  Passed = 0,
  Usage = 2,
  Crashed = 10,    // an assertion did not hold
  NotLive = 11,    // something that must come to be did not
  Incorrect = 12,  // something happened that must not
};

struct CommandLine {
  std::uint64_t seed = 0;  // the first one; given, or drawn from the system
  std::string preset = "swarm";
  bool mix = false;                     // the preset depends on the seed
  std::optional<std::uint64_t> runs{};  // how many seeds; without this and `seconds` it is one
  std::optional<unsigned> seconds{};    // for how long new runs are begun
  std::optional<std::uint64_t> until_step{};
  std::optional<std::set<unsigned>> keep{};  // the numbers of the misfortunes that befall
  bool trace = false;
  std::string pcap{};  // path; empty: none
  bool minimize = false;
  std::string regressions{};  // path of a list of runs to be repeated; empty: none
};

// Error: the exit code; what there is to say has been said.
[[nodiscard]] std::expected<CommandLine, ExitCode> parse_command_line(int argc, char** argv);

// "1,4-7" and back. Error: not such a list.
[[nodiscard]] std::optional<std::set<unsigned>> parse_numbers(std::string_view text);
[[nodiscard]] std::string to_text(const std::set<unsigned>& numbers);

// What repeats one run.
[[nodiscard]] std::string replay_command(std::uint64_t seed, const std::string& preset,
                                         const std::optional<std::set<unsigned>>& keep);

}  // namespace tsp::broker_sim
