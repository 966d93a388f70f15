// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apps/tspctl/answers.h"
#include "apps/tspctl/api_client.h"

namespace tsp::tspctl {

// Reads the configuration again or, with `plan`, only says what that would do; a configuration that cannot be taken
// over is a failure with an output.
[[nodiscard]] Output reload(const ApiClient& client, bool plan, bool as_json);

}  // namespace tsp::tspctl
