// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <variant>

#include "adapters/linux/client/client_options.h"
#include "apps/tsp-connect/exit_codes.h"

namespace tsp::tsp_connect {

struct Invocation {
  linux_::ClientOptions options;
  bool json = false;   // one JSON object an event, instead of text
  bool check = false;  // say what would be done, and do nothing
};

// The options of the command line, on top of those of the file it names, complete and valid, with the password. --help
// and --version print what they have to and end in a Failure with an empty line and ExitCode::Stopped. Warnings go to
// standard error.
[[nodiscard]] std::expected<Invocation, Failure> parse_command_line(int argc, char** argv);

}  // namespace tsp::tsp_connect
