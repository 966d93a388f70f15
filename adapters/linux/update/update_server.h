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
#include <tsp/broker.h>
#include <tsp/config.h>
#include <tsp/time.h>

namespace tsp::linux_ {

struct UpdateOptions {
  std::vector<Endpoint> listen;
  std::string certificate;  // PEM, the chain; empty: HTTP without TLS
  std::string private_key;
  std::vector<IPv4Address> trusted_proxies;
  std::uint32_t connections_max = 256;
  std::uint32_t connections_per_source_max = 16;
  RateLimit requests_per_source{1, 30};
  Duration timeout = std::chrono::seconds(10);  // of a whole request, and of its answer
};

// Serves GET /nic/update (nic_update.h) over HTTP or HTTPS; see http_server.h.
class UpdateServer {
 public:
  // None: the core did not answer in time.
  using CoreCall = std::function<std::optional<AdminReply>(AdminCommand)>;

  // Error: one line for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<UpdateServer>, std::string> open(const UpdateOptions& options);
  // Once. `core` is called from several threads, and may block.
  void serve(const CoreCall& core);
  // Reads certificate and key again; on an error the old ones are kept.
  [[nodiscard]] std::optional<std::string> renew_certificate();
  ~UpdateServer();
  UpdateServer(const UpdateServer&) = delete;
  UpdateServer& operator=(const UpdateServer&) = delete;

 private:
  struct Impl;
  explicit UpdateServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
