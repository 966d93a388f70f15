// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/dns_watch.h"

namespace tsp::linux_ {

std::optional<std::pair<LogLevel, LogLine>> DnsWatch::look(const dns::DnsSummary& summary) {
  if (summary.error == error_) return std::nullopt;
  error_ = summary.error;
  if (error_.empty()) {
    return std::pair(LogLevel::Info, LogLine("dns_recovered")
                                         .text("place", summary.place)
                                         .number("pending", summary.pending)
                                         .number("refused", summary.refused));
  }
  return std::pair(LogLevel::Warning, LogLine("dns_failed")
                                          .text("place", summary.place)
                                          .number("pending", summary.pending)
                                          .number("refused", summary.refused)
                                          .text("detail", error_));
}

}  // namespace tsp::linux_
