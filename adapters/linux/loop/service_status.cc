// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/service_status.h"

#include "adapters/linux/config/describe.h"
#include "core/dataplane/drop_reason.h"

namespace tsp::linux_ {

ServiceStatus configured_status(const DaemonConfig& config) {
  ServiceStatus status;
  status.broker_id = config.broker.broker.value;
  status.store_type = config.store.type == StoreType::Mysql ? "mysql" : "sqlite";
  for (const Endpoint& endpoint : config.listen) status.listen.push_back(to_text(endpoint));
  for (const IPv6Prefix& pool : config.broker.other_pools) status.other_pools.push_back(to_text(pool));
  status.redirect = config.broker.other_brokers;
  status.pool = describe_pools(config.broker);
  return status;
}

void add_counters(const DatapathCounters& counters, ServiceStatus& status) {
  const OffloadCounters& offloads = counters.offloads;
  status.datapath = {{"packets_up", counters.packets_up},
                     {"packets_down", counters.packets_down},
                     {"bytes_up", counters.bytes_up},
                     {"bytes_down", counters.bytes_down},
                     {"echo_replies", counters.echo_replies},
                     {"icmp_errors", counters.icmp_errors},
                     {"outer_errors", counters.outer_errors},
                     {"signalling", counters.signalling},
                     {"mss_clamped", counters.mss_clamped},
                     {"merged_up", offloads.merged_up},
                     {"segmented_down", offloads.segmented_down},
                     {"udp_segment_refused", offloads.udp_segment_refused}};
  status.offloads = {{"udp_gro", offloads.udp_gro},
                     {"udp_segment", offloads.udp_segment},
                     {"tun_tso", offloads.tun_tso},
                     {"tun_uso", offloads.tun_uso}};
  status.drops.clear();
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    status.drops.emplace_back(dataplane::name(static_cast<dataplane::DropReason>(i)), counters.drops[i]);
  }
}

}  // namespace tsp::linux_
