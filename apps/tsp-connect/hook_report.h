// SPDX-License-Identifier: Apache-2.0
//
// What tsp-connect tells about its hook, in the same two forms as everything else.
#pragma once

#include <string>

#include "adapters/linux/client/client_options.h"
#include "adapters/linux/client/hook_run.h"

namespace tsp::tsp_connect {

// One or more lines. What the hook wrote stands in quotes, with everything escaped that could disturb a terminal.
[[nodiscard]] std::string hook_text(const linux_::HookResult& result);

// {"event": "hook", …} and a line end.
[[nodiscard]] std::string hook_json(const linux_::HookResult& result);

// A line for --check; empty without a hook.
[[nodiscard]] std::string describe_hook(const linux_::HookOptions& hook);

}  // namespace tsp::tsp_connect
