// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "adapters/linux/ddtb/import.h"

namespace tsp::tspctl {

struct ImportReport {
  const std::string& old_place;
  const std::string& place;
  bool applied = false;
  const linux_::ddtb::Import& import;
};

// Each account by its login, what it has, and what could not be kept. What the old database holds is escaped.
[[nodiscard]] std::string report_text(const ImportReport& report);
// The same; not escaped, and not necessarily UTF-8.
[[nodiscard]] nlohmann::json report_json(const ImportReport& report);

}  // namespace tsp::tspctl
