// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include <tsp/time.h>

#include "tools/tsp-load/conformance/conformance.h"
#include "tools/tsp-load/flood.h"
#include "tools/tsp-load/swarm.h"

namespace tsp::load {

enum class Command : std::uint8_t { Storm, Hold, Flood, Conformance };

enum class ExitCode : std::uint8_t {
  Done = 0,
  Incomplete = 1,  // not every client got a tunnel, nothing of the flood arrived, or a statement does not hold
  Usage = 2,
  Impossible = 3,  // with one line that says why
};

struct CommandLine {
  Command command = Command::Storm;
  bool json = false;

  std::string password_file{};  // empty: no password

  // Storm and Hold.
  SwarmOptions swarm{};                   // without the password
  Duration keep = std::chrono::hours(1);  // Hold

  // Flood.
  FloodOptions flood{};  // without the tunnels
  std::string tunnels_file{};
  std::size_t tunnels_max = 0;  // of those in the file; 0: all
  bool untunnelled = false;     // what goes down arrives as plain IPv6

  conformance::Options conformance{};  // without the password
};

// Prints help, the version or what is wrong with the arguments; then the error is how to exit.
[[nodiscard]] std::expected<CommandLine, ExitCode> parse_command_line(int argc, char** argv);

}  // namespace tsp::load
