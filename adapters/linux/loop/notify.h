// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tsp::linux_ {

// Tells the service manager, as sd_notify(3) does: "READY=1". Nothing happens without one.
void notify_service_manager(std::string_view state);

}  // namespace tsp::linux_
