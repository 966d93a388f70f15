// SPDX-License-Identifier: Apache-2.0
//
// Configurations of clients that speak TSP: the tunnel need not be there yet.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <tsp/store.h>

#include "core/client/server_name.h"

namespace tsp::linux_ {

struct TspFacts {
  std::string login;
  client::ServerName server;
  TunnelType type = TunnelType::V6UdpV4;
  std::optional<unsigned> prefix_length = std::nullopt;           // none: a single host
  std::optional<std::uint32_t> keepalive_seconds = std::nullopt;  // none: the client's default; 0: none is needed
};

// gogoc.conf, which tsp-connect reads as well. The error is a sentence.
[[nodiscard]] std::expected<std::string, std::string> gogoc_snippet(const TspFacts& facts);
// A command line.
[[nodiscard]] std::expected<std::string, std::string> tsp_connect_snippet(const TspFacts& facts);

}  // namespace tsp::linux_
