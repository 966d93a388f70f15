// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/dns_watch.h"

namespace tsp::linux_ {

std::optional<std::pair<LogLevel, LogLine>> DnsWatch::look(const dns::DnsSummary& summary) {
  if (summary.error == error_) return std::nullopt;
  error_ = summary.error;
  const bool failed = !error_.empty();
  LogLine line(failed ? "dns_failed" : "dns_recovered");
  line.text("place", summary.place).number("pending", summary.pending).number("refused", summary.refused);
  if (failed) line.text("detail", error_);
  return std::pair(failed ? LogLevel::Warning : LogLevel::Info, std::move(line));
}

}  // namespace tsp::linux_
