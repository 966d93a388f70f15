// SPDX-License-Identifier: Apache-2.0
//
// tspd: the core and everything it is connected to, on one io_context.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/log.h"
#include "adapters/linux/loop/daemon_parts.h"

namespace tsp::linux_ {

struct DaemonOptions {
  std::string config_path;  // read again at SIGHUP
  std::string version;
};

class Daemon {
 public:
  // Opens everything, or nothing stays behind. `log` must live longer.
  [[nodiscard]] static std::expected<std::unique_ptr<Daemon>, StartError> start(
      const DaemonOptions& options, const DaemonConfig& config, StandardErrorLog& log,
      const OpenParts& open_parts = open_host_parts);
  // Removes the control socket, the device, its addresses and routes. Tunnels stay in the store.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until SIGTERM or SIGINT, and reloads at SIGHUP.
  void run();

 private:
  struct Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
