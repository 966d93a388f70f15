// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/linux/http/live_body.h"

namespace tsp::linux_ {

struct HttpAnswer {
  int status = 200;
  std::string text;  // without the last line's end
  std::string content_type = "text/plain";
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
  std::string cache_control = "no-store";
  bool without_body = false;         // for HEAD, and 304: only its size is told
  std::shared_ptr<LiveBody> live{};  // instead of `text`
};

// All bytes of the response, or those before its live body; the connection is closed after it.
[[nodiscard]] std::string http_response(const HttpAnswer& answer);

}  // namespace tsp::linux_
