// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/linux/store/failure.h"

namespace tsp::linux_::store {

// A step from one version of the schema to the next. Released ones never change.
struct Upgrade {
  const char* name;  // "001_create"
  const char* sql;
};

[[nodiscard]] inline std::vector<std::string> names_of(std::span<const Upgrade> upgrades) {
  std::vector<std::string> names;
  for (const Upgrade& upgrade : upgrades) names.emplace_back(upgrade.name);
  return names;
}

// Of a store whose schema this program does not know, `known` being the number of its own.
[[nodiscard]] inline Failure newer_schema(std::int64_t version, std::size_t known) {
  return {.detail = "the store was written by a newer version of this program (its schema is " +
                    std::to_string(version) + ", known are those up to " + std::to_string(known) + ")",
          .fault = Fault::Setup};
}

}  // namespace tsp::linux_::store
