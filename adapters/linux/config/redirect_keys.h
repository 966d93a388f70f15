// SPDX-License-Identifier: Apache-2.0
//
// How clients are sent from broker to broker: the other ones, and what they are told of this one; part of settle().
#pragma once

#include <vector>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/settle.h"

namespace tsp::linux_ {

void add_redirect_keys(std::vector<Key>& keys);
void settle_announcement(DaemonConfig& config, std::vector<ConfigFault>& faults);
void settle_redirect(DaemonConfig& config, std::vector<ConfigFault>& faults);

}  // namespace tsp::linux_
