// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/daemon_config.h"

namespace tsp::linux_ {

// Clients hand this resolver to their hosts, and old ones crash when they are given none. It has to work from
// inside the tunnel without anything that the operator would have to run.
constexpr IPv6Address kPublicResolver{
    {0x20, 0x01, 0x48, 0x60, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88}};  // 2001:4860:4860::8888

DaemonConfig::DaemonConfig() {
  broker.dns_servers = {kPublicResolver};
}

}  // namespace tsp::linux_
