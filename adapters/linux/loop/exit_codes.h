// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tsp::linux_ {

// How tspd ends; docs/operating/serving.md tells operators.
enum class ExitCode : std::uint8_t {
  Stopped = 0,
  Configuration = 1,  // the file, or the command line
  Host = 2,           // privileges, devices, another tspd
  Store = 3,
  Network = 4,  // port, tunnel device, routes
  Internal = 5,
};

// Why the daemon does not start.
struct StartError {
  ExitCode code = ExitCode::Internal;
  std::string line;
};

}  // namespace tsp::linux_
