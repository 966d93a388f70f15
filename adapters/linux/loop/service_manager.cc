// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/service_manager.h"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace tsp::linux_ {
namespace {

using std::chrono::microseconds;

}  // namespace

void notify_service_manager(const std::string& state) {
  sd_notify(0, state.c_str());
}

void let_manager_keep(int descriptor, const std::string& name) {
  // Not polled: an ICMP error that waits in a socket is no reason to close it.
  const std::string state = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + name;
  sd_pid_notify_with_fds(0, 0, state.c_str(), &descriptor, 1);
}

void let_manager_forget(const std::string& name) {
  notify_service_manager("FDSTOREREMOVE=1\nFDNAME=" + name);
}

InheritedDescriptors take_inherited_descriptors() {
  std::vector<FileDescriptor> descriptors;
  const int count = sd_listen_fds(1);
  for (int i = 0; i < count; ++i) descriptors.emplace_back(SD_LISTEN_FDS_START + i);
  return InheritedDescriptors(std::move(descriptors));
}

std::optional<Duration> watchdog_interval() {
  std::uint64_t timeout_us = 0;
  if (sd_watchdog_enabled(0, &timeout_us) <= 0) return std::nullopt;
  return microseconds(timeout_us / 2);
}

std::string status_line(const StatusView& broker) {
  const std::string tunnels = std::to_string(broker.counters.tunnels_now) + " tunnels";
  if (!broker.store_available) return "the database is away, clients are told to wait; " + tunnels + " go on";
  if (!broker.ready) return "loading";
  if (broker.drain) return "draining: " + tunnels + " left";
  return "serving " + tunnels;
}

std::string reloading_state() {
  const auto now = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch());
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count());
}

}  // namespace tsp::linux_
