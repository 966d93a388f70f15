// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tsp::linux_ {

struct HttpAnswer {
  int status = 200;
  std::string text;  // without the last line's end
  std::string content_type = "text/plain";
};

// All bytes of the response; the connection is closed after it.
[[nodiscard]] std::string http_response(const HttpAnswer& answer);

}  // namespace tsp::linux_
