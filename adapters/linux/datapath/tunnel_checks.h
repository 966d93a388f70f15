// SPDX-License-Identifier: Apache-2.0
//
// What every datapath asks of its options and of the tunnels it is told to install.
#pragma once

#include <expected>
#include <set>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/datapath.h>

namespace tsp::linux_ {

// Whether paths and addresses are of the versions, with and without ports, that the type demands.
[[nodiscard]] bool is_consistent(const TunnelSpec& spec);

// Error: one line.
[[nodiscard]] std::expected<void, std::string> check_device_name(const std::string& name);
[[nodiscard]] std::expected<void, std::string> check_listen(const std::vector<Endpoint>& listen);

// Those of one version, each once; the one that stands for all alone.
[[nodiscard]] std::set<IPv6Address> addresses_of(const std::vector<Endpoint>& listen, bool ipv4);

}  // namespace tsp::linux_
