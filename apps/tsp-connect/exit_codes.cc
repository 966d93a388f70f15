// SPDX-License-Identifier: Apache-2.0
#include "apps/tsp-connect/exit_codes.h"

namespace tsp::tsp_connect {

ExitCode exit_code(client::FinishReason reason) {
  switch (reason) {
    case client::FinishReason::Stopped:
      return ExitCode::Stopped;
    case client::FinishReason::TunnelLost:
      return ExitCode::TunnelLost;
    case client::FinishReason::Unreachable:
      return ExitCode::Unreachable;
    case client::FinishReason::AuthenticationFailed:
      return ExitCode::Authentication;
    case client::FinishReason::Refused:
      return ExitCode::Refused;
    case client::FinishReason::ProtocolError:
      return ExitCode::Protocol;
    case client::FinishReason::LocalProblem:
      return ExitCode::Host;
  }
  return ExitCode::Internal;
}

}  // namespace tsp::tsp_connect
