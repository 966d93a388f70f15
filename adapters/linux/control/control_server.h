// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "adapters/linux/control/api.h"

namespace tsp::linux_ {

// Serves the control API over HTTP on a Unix socket (mode 0660), on threads of its own.
class ControlServer {
 public:
  using Handler = std::function<ApiResponse(const ApiRequest&)>;

  // Makes the socket; who connects waits until serve(). Error: one line for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<ControlServer>, std::string> open(const std::string& socket_path);
  // Once. `handler` is called from several threads.
  void serve(const Handler& handler);
  // Removes the socket and waits for the requests in progress.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
