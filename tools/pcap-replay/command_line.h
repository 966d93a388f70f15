// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "tools/pcap-replay/follower.h"

namespace tsp::replay {

enum class ExitCode : std::uint8_t {
  AsExpected = 0,
  Different = 1,
  Usage = 2,
  Unreadable = 3,  // a file, with one line that says why
};

struct CommandLine {
  std::vector<std::string> paths{};
  bool update = false;
  bool print = false;
  Passwords accounts{};
  std::optional<Endpoint> server{};  // none: the core
  Duration pause_max{};
};

// Prints help or what is wrong with the arguments; then the error is how to exit.
[[nodiscard]] std::expected<CommandLine, ExitCode> parse_command_line(int argc, char** argv);

}  // namespace tsp::replay
