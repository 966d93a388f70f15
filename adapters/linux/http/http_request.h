// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <tsp/address.h>

#include "adapters/linux/http/http_head.h"

namespace tsp::linux_ {

// Who is at the other end.
struct HttpPeer {
  FourTuple path{};                    // of TCP
  std::optional<std::uint32_t> uid{};  // on a Unix socket: whose process has connected
};

struct HttpRequest {
  HttpHead head;
  std::string body;
  HttpPeer peer;
};

}  // namespace tsp::linux_
