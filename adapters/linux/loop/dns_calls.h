// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <asio/io_context.hpp>

#include "adapters/linux/control/dns_status.h"
#include "adapters/linux/dns/dns_keeper.h"

namespace tsp::linux_ {

// Lets other threads ask the keeper, which lives on that of `io`; both have to outlive them.
[[nodiscard]] DnsCalls dns_calls(asio::io_context& io, dns::DnsKeeper& keeper);

}  // namespace tsp::linux_
