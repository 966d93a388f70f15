// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP request (RFC 9112), as far as its readers need it. It is written by strangers.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace tsp::linux_ {

// Fields that are not there are empty.
struct HttpHead {
  std::string method;
  std::string target;  // still encoded
  std::string authorization{};
  std::string cookie{};
  std::string csrf_token{};     // X-CSRF-Token
  std::string forwarded_for{};  // the last X-Forwarded-For
  std::string last_event_id{};  // Last-Event-ID
  std::string content_type{};
  std::string content_length{};
  std::string transfer_encoding{};
  std::string if_none_match{};
  std::optional<std::string> idempotency_key{};
  bool keeps_connection = false;  // further requests may follow this one
};

// `text`: up to and with the empty line. None if it is not HTTP/1, or if a field comes twice that a proxy could read
// differently then.
[[nodiscard]] std::optional<HttpHead> parse_http_head(std::string_view text);

// Bytes of the request's body, at most `max`. Error: the status to refuse it with.
[[nodiscard]] std::expected<std::size_t, int> body_length(const HttpHead& head, std::size_t max);

}  // namespace tsp::linux_
