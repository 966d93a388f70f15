// SPDX-License-Identifier: Apache-2.0
//
// The configuration file of gogoc, the client that most people have had until now: one KEY=VALUE a line, '#' for
// comments. Keys of our own: hook, hook_mode, hook_timeout, mss_clamp, mtu. Several lines `server=` are servers that
// are tried in their order.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/linux/client/client_options.h"

namespace tsp::linux_ {

struct GogocConf {
  ClientOptions options;
  std::vector<std::string> warnings;  // "line 12: …": keys that are unknown; or a template that is not run
};

// What the file leaves out has gogoc's defaults. Error: "line 12: …", what is wrong and what is allowed.
[[nodiscard]] std::expected<GogocConf, std::string> parse_gogoc_conf(std::string_view text);

}  // namespace tsp::linux_
