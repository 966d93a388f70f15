// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/api.h"

namespace tsp::linux_ {

// Serves the API and the console over HTTPS, or over HTTP at addresses of loopback, on threads of its own; see
// http_server.h.
class ApiServer {
 public:
  using Handler = std::function<ApiResponse(const ApiRequest&)>;

  // Error: one line for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<ApiServer>, std::string> open(const ApiSettings& settings);
  // Once. `handler` is called from several threads, and may block.
  void serve(const Handler& handler);
  // Reads certificate and key again; on an error the old ones are kept.
  [[nodiscard]] std::optional<std::string> renew_certificate();
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

 private:
  struct Impl;
  explicit ApiServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
