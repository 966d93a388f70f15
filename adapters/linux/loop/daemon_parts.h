// SPDX-License-Identifier: Apache-2.0
//
// What the core is connected to: opened together, or not at all.
#pragma once

#include <expected>
#include <memory>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/control_server.h"
#include "adapters/linux/datapath/tun/tun_datapath.h"
#include "adapters/linux/loop/exit_codes.h"
#include "adapters/linux/net/tcp_listener.h"
#include "adapters/linux/store/sqlite/sqlite_store.h"

namespace tsp::linux_ {

// Where the parts report to.
struct DaemonSinks {
  port::Store::Sink store;
  port::Datapath::Sink datapath;
  TunDatapath::SignallingSink signalling;
  TcpListener::Sink tcp;
};

// The last is the first to go: nobody asks for what is gone already.
struct DaemonParts {
  std::unique_ptr<SqliteStore> store;
  std::unique_ptr<TunDatapath> datapath;
  std::unique_ptr<TcpListener> tcp;
  std::unique_ptr<ControlServer> control;
};

[[nodiscard]] std::expected<DaemonParts, StartError> open_parts(const DaemonConfig& config, asio::io_context& io,
                                                                const DaemonSinks& sinks);

}  // namespace tsp::linux_
