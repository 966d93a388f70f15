// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include <tsp/address.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::load {

struct ClientSocket {
  linux_::FileDescriptor fd;  // non-blocking, connected
  Endpoint local;
};

// From `source` and a port of the kernel's choice. Error: one line.
[[nodiscard]] std::expected<ClientSocket, std::string> open_client_socket(const IPv4Address& source,
                                                                          const Endpoint& server);

// Allows this process as many descriptors as the system does.
void raise_descriptor_limit();

}  // namespace tsp::load
