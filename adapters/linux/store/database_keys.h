// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/database.h"

namespace tsp::linux_::store {

// Makes a file of keys for a database in which nothing is sealed yet. Null: there is none. The error is for the
// operator.
[[nodiscard]] std::expected<void, std::string> make_keys(const std::string& path, Database* database);

// Opens the file; if there is none it is made as above.
[[nodiscard]] std::expected<std::shared_ptr<const secrets::Sealer>, std::string> open_or_make_keys(
    const std::string& path, Database* database);

}  // namespace tsp::linux_::store
