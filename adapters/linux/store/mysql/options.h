// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <tsp/types.h>

#include "adapters/linux/secrets/sealer.h"

namespace tsp::linux_ {

struct MysqlOptions {
  // Where the server is: a host, or a Unix socket.
  std::string host;
  std::uint16_t port = 3306;
  std::string socket;
  std::string database;
  std::string user;
  std::string password_file;  // empty: no password
  bool tls = true;            // over TCP: encrypted, and the server's certificate is checked
  std::string ca_file;        // against these
  std::string realm;          // must not be empty
  BrokerId broker{1};
  std::shared_ptr<const secrets::Sealer> sealer{};  // of what is secret; null: nothing is sealed
  // To connect, and for the server to answer, before it is taken to be away. Half of it: how long a lock is waited for.
  std::chrono::seconds timeout{5};
  // How long another broker of the same id is waited for when the store is opened: the server needs a while to see that
  // the connections of one whose host is gone are dead.
  std::chrono::seconds predecessor_patience{13};
  // Orders waiting, of each kind; more end in Unavailable.
  std::size_t queue_limit = 16384;
  // Added to each commit to imitate a slow disk in tests and benchmarks.
  std::chrono::milliseconds commit_delay{0};
  // How long the history of tunnels is kept after their end; 0: for ever.
  std::chrono::days history_kept{0};
  // The same for the audit log.
  std::chrono::days audit_kept{0};
};

// "DATABASE at HOST:PORT", "DATABASE at SOCKET": for people.
inline std::string place_of(const MysqlOptions& options) {
  if (!options.socket.empty()) return options.database + " at " + options.socket;
  const bool ipv6 = options.host.find(':') != std::string::npos;
  return options.database + " at " + (ipv6 ? "[" + options.host + "]" : options.host) + ":" +
         std::to_string(options.port);
}

}  // namespace tsp::linux_
