// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

// A plain TUN device of that name: one packet a read or write, no header before it. It goes, with its addresses and
// routes, when the descriptor is closed. Error: one line.
[[nodiscard]] std::expected<FileDescriptor, std::string> open_client_tun(const std::string& name);

}  // namespace tsp::linux_
