// SPDX-License-Identifier: Apache-2.0
//
// From the text of a configuration file to a DaemonConfig that can be served, or everything that is wrong with it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/config/daemon_config.h"

namespace tsp::linux_ {

struct ConfigError {
  unsigned line = 0;    // 0: no line of the file
  std::string key;      // "tunnel.mtu"; empty for the file as a whole
  std::string message;  // "expected a whole number from 1280 to 1472, found a string"
};

// `host_addresses` become own_addresses unless the file names some.
[[nodiscard]] std::expected<DaemonConfig, std::vector<ConfigError>> parse_config(
    std::string_view text, const std::vector<IPv6Address>& host_addresses);

// Where the key stands in the file; 0: nowhere.
[[nodiscard]] unsigned line_of(const DaemonConfig& config, const std::string& key);
// "FILE:LINE: KEY: MESSAGE", one line whatever the file holds.
[[nodiscard]] std::string to_text(std::string_view file, const ConfigError& error);

// Reads the file, and the host's addresses.
[[nodiscard]] std::expected<DaemonConfig, std::vector<ConfigError>> read_config(const std::string& path);
// The same; the errors are lines for people.
[[nodiscard]] std::expected<DaemonConfig, std::vector<std::string>> load_config(const std::string& path);

}  // namespace tsp::linux_
