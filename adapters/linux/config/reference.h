// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tsp::linux_ {

// The reference of all keys in Markdown, as it stands in docs/operating/configuration.md.
[[nodiscard]] std::string config_reference();

}  // namespace tsp::linux_
