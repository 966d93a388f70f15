// SPDX-License-Identifier: Apache-2.0
//
// What becomes of updates of the DNS, for the log. A name server that is away fails one update after the other; what is
// said is how things stand, and only when that has changed.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "adapters/linux/control/log.h"
#include "adapters/linux/dns/dns_keeper.h"

namespace tsp::linux_ {

class DnsWatch {
 public:
  // To be called every few seconds, with the state at that time. None: there is nothing new.
  [[nodiscard]] std::optional<std::pair<LogLevel, LogLine>> look(const dns::DnsSummary& summary);

 private:
  std::string error_;  // that was said last; empty: all is well
};

}  // namespace tsp::linux_
