// SPDX-License-Identifier: Apache-2.0
//
// The database of ddtb, CITC's tunnel broker of 2012, as far as it is of use: its tables CLIENT, PREFIX and TUNNEL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/linux/store/failure.h"
#include "adapters/linux/store/mysql/options.h"

namespace tsp::linux_::ddtb {

using OldId = std::int64_t;

struct OldClient {
  OldId id = 0;
  std::string login;
  std::optional<std::string> iv;  // none: `passwd` is the password itself
  std::string passwd;
  std::optional<std::int64_t> min_prefix;
  std::optional<std::int64_t> max_prefix;
  bool has_contact = false;  // a name, a mail address, a telephone number or an address that it registered from
};

struct OldPrefix {
  std::string prefix;           // "ADDRESS/LENGTH"
  std::optional<OldId> client;  // none: it was not given out
};

struct OldTunnel {
  std::optional<OldId> client;
  std::string prefix;
  std::string client_address;  // inside
  std::string server_address;
};

struct OldBase {
  std::vector<OldClient> clients;   // in the order of their ids
  std::vector<OldPrefix> prefixes;  // likewise
  std::vector<OldTunnel> tunnels;   // the newest last
};

// From one snapshot; nothing is written. What it says of keys names those of the settings (settings.h).
[[nodiscard]] store::Result<OldBase> read_old_base(const MysqlOptions& options);

}  // namespace tsp::linux_::ddtb
