// SPDX-License-Identifier: Apache-2.0
//
// What tspd tells Prometheus: everything that it counts, and its state. docs/operating/monitoring.md lists it. No
// series depends on what clients do: their number is fixed by the configuration.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <tsp/broker.h>

#include "adapters/linux/control/dns_status.h"
#include "adapters/linux/datapath/datapath_counters.h"
#include "adapters/linux/monitoring/process_usage.h"
#include "adapters/linux/monitoring/store_latency.h"

namespace tsp::linux_ {

struct Measurements {
  std::string version{};
  std::uint64_t start_time_seconds = 0;  // since 1970
  std::optional<StatusView> broker{};    // none: the main loop did not answer in time
  bool ready = false;                    // clients can log in
  std::uint64_t store_transactions = 0;
  StoreLatency::View store_latency{};
  std::string datapath{};  // "tun", "utun"
  DatapathCounters forwarded{};
  std::optional<DnsStatus> dns{};                 // none: nothing is done in the DNS
  std::map<std::string, std::uint64_t> events{};  // by name, each that there is
  std::uint64_t lines_suppressed = 0;             // of the log
  ProcessUsage process{};
};

// In Prometheus' text format, without the last line's end.
[[nodiscard]] std::string to_prometheus(const Measurements& measurements);
inline constexpr const char* kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace tsp::linux_
