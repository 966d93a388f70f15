// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace tsp::tspctl {

// How tspctl ends; docs/operating/serving.md tells operators.
enum class ExitCode : std::uint8_t {
  Done = 0,
  Invalid = 1,      // the command line, or a value that tspd refuses
  Unreachable = 2,  // tspd is not running, or its socket may not be used
  NotFound = 3,
  Exists = 4,
  Unavailable = 5,  // tspd cannot do it now: no store, no answer
  Blocked = 6,      // the self-test found something that keeps clients from being served
  Undecided = 7,    // the self-test found nothing, and could not tell everything
};

struct Failure {
  ExitCode code = ExitCode::Invalid;
  std::string message;
  std::string output{};  // to be printed all the same
};

}  // namespace tsp::tspctl
