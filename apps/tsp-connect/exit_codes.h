// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/client/messages.h"

namespace tsp::tsp_connect {

// How tsp-connect ends; docs/operating/tsp-connect.md tells users. Without --once only the first three occur.
enum class ExitCode : std::uint8_t {
  Stopped = 0,         // by SIGINT or SIGTERM
  Configuration = 1,   // the file, or the command line
  Host = 2,            // privileges, devices, the LAN; or this host cannot have what was offered
  Unreachable = 3,     // no server answers
  Authentication = 4,  // login or password, ours or the server's; or no common mechanism
  Refused = 5,         // the server does not give this tunnel
  Protocol = 6,        // the server said what it may not
  TunnelLost = 7,      // there was a tunnel, and it ended
  Internal = 8,
};

[[nodiscard]] ExitCode exit_code(client::FinishReason reason);

struct Failure {
  ExitCode code = ExitCode::Internal;
  std::string line;
};

}  // namespace tsp::tsp_connect
