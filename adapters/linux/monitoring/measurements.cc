// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/measurements.h"

#include <string_view>

#include "adapters/linux/monitoring/metric_page.h"
#include "core/broker/event_names.h"
#include "core/wire/message.h"

namespace tsp::linux_ {
namespace {

// ---- the broker -------------------------------------------------------------------------------------------------

void add_tunnels(const StatusView& view, MetricPage& page) {
  auto tunnels = page.gauge("tspd_tunnels", "Live tunnels by type and state");
  for (const TunnelCount& count : view.tunnels) {
    const std::string type(wire::type_name(count.type));
    tunnels.add(count.installing, {{"type", type}, {"state", "installing"}})
        .add(count.active, {{"type", type}, {"state", "active"}})
        .add(count.removing, {{"type", type}, {"state", "removing"}});
  }
  page.counter("tspd_tunnels_accepted_total", "Offers that clients accepted, which became tunnels")
      .add(view.counters.tunnels_accepted);
  auto ended = page.counter("tspd_tunnels_ended_total", "Tunnels that ended, by reason");
  for (const auto& [reason, count] : view.tunnels_ended) ended.add(count, {{"reason", std::string(name(reason))}});
  page.counter("tspd_evictions_damped_total",
               "Offers refused because several devices use one account and would replace each other for ever")
      .add(view.counters.evictions_damped);
}

void add_conversations(const Counters& counters, MetricPage& page) {
  page.gauge("tspd_sessions", "Conversations, those of live tunnels among them").add(counters.sessions_now);
  page.gauge("tspd_streams", "TCP connections of clients").add(counters.streams_now);
  page.counter("tspd_sessions_started_total", "Conversations begun by clients").add(counters.sessions_started);
  page.counter("tspd_authentications_total", "Log-ins by result")
      .add(counters.auth_succeeded, {{"result", "succeeded"}})
      .add(counters.auth_failed, {{"result", "failed"}});
  page.counter("tspd_offers_total", "Requests for a tunnel by result")
      .add(counters.offers_made, {{"result", "made"}})
      .add(counters.offers_refused, {{"result", "refused"}});
  page.counter("tspd_replies_resent_total", "Answers sent again because the client repeated its message")
      .add(counters.replies_resent);
  page.counter("tspd_datagrams_ignored_total", "Signalling that is malformed, out of order or of no conversation")
      .add(counters.datagrams_ignored);
  page.counter("tspd_hellos_limited_total", "Beginnings of conversations over a limit, not answered")
      .add(counters.hellos_limited);
  page.counter("tspd_busy_answers_total", "Clients told to come back later").add(counters.busy_answered);
  page.counter("tspd_redirects_sent_total", "Lists of other brokers sent to clients").add(counters.redirects_sent);
}

void add_replies(const StatusView& view, MetricPage& page) {
  auto replies = page.counter("tspd_replies_total", "Answers to clients by TSP status code");
  for (const auto& [code, count] : view.replies) replies.add(count, {{"code", std::to_string(code)}});
}

void add_pools(const StatusView& view, MetricPage& page) {
  std::vector<std::pair<std::string, PoolView>> pools = {{"ipv6", view.ipv6_pool}};
  if (view.ipv4_pool) pools.emplace_back("ipv4", *view.ipv4_pool);
  auto claims = page.gauge("tspd_pool_claims", "Addresses and prefixes that are not free, those in quarantine as well");
  for (const auto& [family, pool] : pools) claims.add(pool.claims, {{"family", family}});
  auto quarantined = page.gauge("tspd_pool_quarantined", "Addresses and prefixes that are given to nobody for a while");
  for (const auto& [family, pool] : pools) quarantined.add(pool.quarantined, {{"family", family}});
  auto addresses = page.gauge("tspd_pool_addresses_available", "Addresses that are free, for accounts and anonymous");
  for (const auto& [family, pool] : pools) {
    addresses.add(pool.hosts_available, {{"family", family}, {"pool", "hosts"}})
        .add(pool.anonymous_available, {{"family", family}, {"pool", "anonymous"}});
  }
  auto prefixes = page.gauge("tspd_pool_prefixes_available",
                             "How many prefixes of that length can still be given out if all were of that length");
  for (const auto& [family, pool] : pools) {
    for (const auto& [length, count] : pool.prefixes_available) {
      prefixes.add(count, {{"family", family}, {"length", std::to_string(length)}});
    }
  }
}

void add_broker(const StatusView& view, MetricPage& page) {
  add_tunnels(view, page);
  add_conversations(view.counters, page);
  add_replies(view, page);
  add_pools(view, page);
  page.gauge("tspd_store_up", "Whether the store can be used").add(view.store_available ? 1 : 0);
  page.gauge("tspd_datapath_up", "Whether the datapath takes the tunnels that it should have")
      .add(view.ready && !view.datapath_failed ? 1 : 0);
  page.gauge("tspd_operations_pending", "Orders to store and datapath in flight, or to be given again after a failure")
      .add(view.operations);
  page.gauge("tspd_draining", "Whether clients are sent to other brokers, until tspd stops").add(view.drain ? 1 : 0);
}

// ---- store and DNS ------------------------------------------------------------------------------------------------

void add_store(const Measurements& all, MetricPage& page) {
  page.counter("tspd_store_transactions_total", "Transactions committed; many orders share one")
      .add(all.store_transactions);
  auto durations = page.histogram("tspd_store_order_duration_seconds",
                                  "From an order to the store to its completion, whatever the result");
  for (std::size_t kind = 0; kind < all.store_latency.size(); ++kind) {
    const StoreLatency::Histogram& histogram = all.store_latency[kind];
    std::vector<MetricPage::Bucket> buckets;
    for (std::size_t i = 0; i < StoreLatency::kBucketSeconds.size(); ++i) {
      buckets.push_back({StoreLatency::kBucketSeconds[i], histogram.counts[i]});
    }
    durations.add_histogram(buckets, histogram.counts.back(), histogram.sum_seconds,
                            {{"order", std::string(StoreLatency::kOrderNames[kind])}});
  }
}

void add_dns(const DnsStatus& dns, MetricPage& page) {
  page.gauge("tspd_dns_accounts", "Accounts with records in the DNS, by what became of the records")
      .add(dns.done, {{"state", "done"}})
      .add(dns.pending, {{"state", "pending"}})
      .add(dns.refused, {{"state", "refused"}});
}

// ---- the datapath -------------------------------------------------------------------------------------------------

void add_packets(const DatapathCounters& counters, MetricPage& page) {
  page.counter("tspd_datapath_packets_total", "Packets of tunnels: up from clients, down to them")
      .add(counters.packets_up, {{"direction", "up"}})
      .add(counters.packets_down, {{"direction", "down"}});
  page.counter("tspd_datapath_bytes_total", "Bytes of these packets, without what they are wrapped in")
      .add(counters.bytes_up, {{"direction", "up"}})
      .add(counters.bytes_down, {{"direction", "down"}});
  auto drops = page.counter("tspd_datapath_dropped_packets_total", "Packets that went no further, by reason");
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    const auto reason = static_cast<dataplane::DropReason>(i);
    drops.add(counters.dropped(reason), {{"reason", std::string(dataplane::name(reason))}});
  }
}

void add_datapath(const Measurements& all, MetricPage& page) {
  const DatapathCounters& counters = all.forwarded;
  const OffloadCounters& offloads = counters.offloads;
  page.gauge("tspd_datapath_info", "Which datapath serves").add(1, {{"type", all.datapath}});
  add_packets(counters, page);
  page.counter("tspd_datapath_echo_replies_total", "Echo requests to the server address answered: keepalives")
      .add(counters.echo_replies);
  page.counter("tspd_datapath_icmp_errors_total", "ICMP errors sent").add(counters.icmp_errors);
  page.counter("tspd_datapath_outer_errors_total", "ICMP errors that came back about packets in protocol 41")
      .add(counters.outer_errors);
  page.counter("tspd_datapath_signalling_total", "Datagrams handed to the broker").add(counters.signalling);
  page.counter("tspd_datapath_mss_clamped_total", "TCP SYNs whose segment size was lowered").add(counters.mss_clamped);
  page.counter("tspd_datapath_routing_repairs_total", "How often an address or a route was missing and put back")
      .add(counters.routing_repairs);
  page.counter("tspd_datapath_merged_packets_total", "Packets that went to the host merged into larger ones")
      .add(offloads.merged_up);
  page.counter("tspd_datapath_segmented_datagrams_total", "Datagrams that went to clients several in one piece")
      .add(offloads.segmented_down);
  page.counter("tspd_datapath_segmentation_refused_total",
               "Tunnels for which sending several datagrams in one piece was given up")
      .add(offloads.udp_segment_refused);
  page.gauge("tspd_datapath_offload_active", "Which of the kernel's offloads are in use")
      .add(offloads.udp_gro ? 1 : 0, {{"offload", "udp_gro"}})
      .add(offloads.udp_segment ? 1 : 0, {{"offload", "udp_segment"}})
      .add(offloads.tun_tso ? 1 : 0, {{"offload", "tun_tso"}})
      .add(offloads.tun_uso ? 1 : 0, {{"offload", "tun_uso"}});
}

// ---- the process --------------------------------------------------------------------------------------------------

void add_log(const Measurements& all, MetricPage& page) {
  auto events = page.counter("tspd_events_total", "Events of the broker, those left out of the log as well");
  for (const auto& [event, count] : all.events) events.add(count, {{"event", event}});
  page.counter("tspd_log_lines_suppressed_total", "Events left out of the log because there were too many of them")
      .add(all.lines_suppressed);
}

// Names and meaning as in all of Prometheus' client libraries.
void add_process(const Measurements& all, MetricPage& page) {
  const ProcessUsage& usage = all.process;
  page.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds").add(usage.cpu_seconds);
  page.gauge("process_resident_memory_bytes", "Resident memory size in bytes").add(usage.resident_bytes);
  page.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes").add(usage.virtual_bytes);
  page.gauge("process_open_fds", "Number of open file descriptors").add(usage.open_descriptors);
  page.gauge("process_max_fds", "Maximum number of open file descriptors").add(usage.descriptors_max);
  page.gauge("process_threads", "Number of OS threads in the process").add(usage.threads);
  page.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds")
      .add(all.start_time_seconds);
}

}  // namespace

std::string to_prometheus(const Measurements& all) {
  MetricPage page;
  page.gauge("tspd_build_info", "Which tspd this is").add(1, {{"version", all.version}});
  page.gauge("tspd_main_loop_up", "Whether the main loop answered in time; if not, what it knows is missing here")
      .add(all.broker ? 1 : 0);
  page.gauge("tspd_ready", "Whether clients can log in, as /readyz says").add(all.ready ? 1 : 0);
  if (all.broker) add_broker(*all.broker, page);
  add_store(all, page);
  if (all.dns) add_dns(*all.dns, page);
  add_datapath(all, page);
  add_log(all, page);
  add_process(all, page);
  return page.text();
}

}  // namespace tsp::linux_
