// SPDX-License-Identifier: Apache-2.0
//
// The keys of the store: what follows from them, and whether they agree with each other; part of settle().
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/settle.h"

namespace tsp::linux_ {

void add_store_keys(std::vector<Key>& keys);
// What is set, or follows from the rest.
[[nodiscard]] std::string key_file_of(const DaemonConfig& config);

void settle_store(DaemonConfig& config, std::vector<ConfigFault>& faults);
// What is probably not meant.
[[nodiscard]] std::vector<std::string> store_warnings(const DaemonConfig& config);

}  // namespace tsp::linux_
