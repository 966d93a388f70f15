// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/store_keys.h"

#include <string_view>

namespace tsp::linux_ {
namespace {

bool is_this_host(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

void check_store(const DaemonConfig& config, std::vector<ConfigFault>& faults) {
  if (config.store.type != StoreType::Mysql) return;
  const MysqlSettings& mysql = config.store.mysql;
  if (mysql.host.empty() && mysql.socket.empty()) {
    faults.push_back({"store.mysql.host", "must be set, or store.mysql.socket: store.type is \"mysql\""});
  }
  if (!mysql.host.empty() && !mysql.socket.empty()) {
    faults.push_back({"store.mysql.socket", "expected either this or store.mysql.host: there is one server"});
  }
  if (config.broker.realm.empty()) {
    faults.push_back(
        {"server.realm", "must be set: store.type is \"mysql\", and all brokers on one database need the same realm"});
  }
}

std::vector<std::string> store_warnings(const DaemonConfig& config) {
  const MysqlSettings& mysql = config.store.mysql;
  const bool named = !mysql.host.empty() || !mysql.socket.empty();
  if (config.store.type != StoreType::Mysql) {
    if (named) return {"store.mysql: is not used, because store.type is \"sqlite\""};
    return {};
  }
  if (!mysql.host.empty() && !mysql.tls && !is_this_host(mysql.host)) {
    return {"store.mysql.tls: without it everything that the accounts' passwords protect crosses the network readably"};
  }
  return {};
}

}  // namespace tsp::linux_
