// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/store/mysql/options.h"

namespace tsp::linux_ {

// The server that a configuration names.
inline MysqlOptions configured_options(const DaemonConfig& config) {
  const MysqlSettings& wanted = config.store.mysql;
  return {.host = wanted.host,
          .port = wanted.port,
          .socket = wanted.socket,
          .database = wanted.database,
          .user = wanted.user,
          .password_file = wanted.password_file,
          .tls = wanted.tls,
          .ca_file = wanted.ca_file,
          .realm = config.broker.realm,
          .broker = config.broker.broker,
          .timeout = std::chrono::seconds(wanted.timeout_seconds),
          .commit_delay = std::chrono::milliseconds(config.store.commit_delay_ms),
          .history_kept = std::chrono::days(config.store.history_days),
          .audit_kept = std::chrono::days(config.store.audit_days)};
}

}  // namespace tsp::linux_
