// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP request (RFC 9112), as far as its readers need it. It is written by strangers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tsp::linux_ {

struct HttpHead {
  std::string method;
  std::string target;  // still encoded
  std::string authorization{};
  std::string forwarded_for{};  // the last X-Forwarded-For
};

// `text`: up to and with the empty line. None if it is not HTTP/1.
[[nodiscard]] std::optional<HttpHead> parse_http_head(std::string_view text);

}  // namespace tsp::linux_
