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
  bool is_last = false;              // the connection ends with it, whatever the client would like
};

// What becomes of the connection after a response.
enum class Afterwards : bool { Close, Keep };

// All bytes of the response, or those before its live body.
[[nodiscard]] std::string http_response(const HttpAnswer& answer, Afterwards afterwards = Afterwards::Close);

}  // namespace tsp::linux_
