// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "adapters/linux/http/http_head.h"
#include "adapters/linux/http/http_response.h"

namespace tsp::linux_ {

struct HeadServerOptions {
  std::string section;           // of the configuration, which errors name
  std::vector<Endpoint> listen;  // [::] is every IPv6 address
  std::string certificate;       // PEM, the chain; empty: HTTP without TLS
  std::string private_key;
  std::uint32_t connections_max = 16;
  std::uint32_t connections_per_source_max = 16;  // that of an IPv4 address, or of an IPv6 /64
  std::vector<IPv6Address> shared_sources;        // proxies, for which only the limit of all holds; IPv4 mapped
  Duration timeout = std::chrono::seconds(10);    // of a whole request, and of its answer
};

// Answers HTTP or HTTPS requests that have no body, on threads of its own. It can be open to everybody, which an HTTP
// library for one's own clients is not made for: each connection is one request, its head has a size, and the whole of
// it a time.
class HeadServer {
 public:
  using Answer = std::function<HttpAnswer(const HttpHead& head, const FourTuple& path)>;

  // Error: one line for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<HeadServer>, std::string> open(const HeadServerOptions& options);
  // Once. `answer` is called from several threads, and may block.
  void serve(Answer answer);
  // Reads certificate and key again; on an error the old ones are kept.
  [[nodiscard]] std::optional<std::string> renew_certificate();
  ~HeadServer();
  HeadServer(const HeadServer&) = delete;
  HeadServer& operator=(const HeadServer&) = delete;

 private:
  struct Impl;
  explicit HeadServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
