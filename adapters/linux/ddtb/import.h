// SPDX-License-Identifier: Apache-2.0
//
// The accounts of a ddtb into a database of this program: all that can be kept, or nothing.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <tsp/config.h>
#include <tsp/time.h>

#include "adapters/linux/ddtb/import_plan.h"
#include "adapters/linux/store/database.h"

namespace tsp::linux_::ddtb {

// Into which broker's store, when, and where ids come from.
struct Into {
  const BrokerConfig& config;  // without a realm if that of the store is to be used
  WallTime now;
  Random& random;
};

struct Import {
  ImportPlan plan;
  std::string realm;  // of the verifiers
};

// What would be done. No database: there is none yet.
[[nodiscard]] std::expected<Import, std::string> try_import(const OldBase& old, const std::optional<PasswordKey>& key,
                                                            store::Database* database, const Into& into);
// Does it, in one transaction. Of an error nothing is left.
[[nodiscard]] std::expected<Import, std::string> run_import(const OldBase& old, const std::optional<PasswordKey>& key,
                                                            store::Database& database, const Into& into);

}  // namespace tsp::linux_::ddtb
