// SPDX-License-Identifier: Apache-2.0
//
// Where the database of a ddtb is, in a TOML file: the keys of [store.mysql] in tspd's configuration, without the
// section, and one more.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "adapters/linux/store/mysql/options.h"

namespace tsp::linux_::ddtb {

struct ImportSettings {
  MysqlOptions server;      // database: "DDTB" if nothing is said
  std::string db_key_file;  // the file with the key of the passwords; empty: they are not encrypted
};

// The errors are lines for people.
[[nodiscard]] std::expected<ImportSettings, std::vector<std::string>> load_settings(const std::string& path);

}  // namespace tsp::linux_::ddtb
