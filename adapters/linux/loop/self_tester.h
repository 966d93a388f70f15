// SPDX-License-Identifier: Apache-2.0
//
// Sends probes through the host's own IP stack and looks which of them come back: packets that are written into the
// tunnel device pass the host's forwarding and its firewall like those of clients.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/control/self_test_report.h"
#include "adapters/linux/datapath/host_datapath.h"

namespace tsp::linux_ {

struct SelfTestOptions {
  std::string device;
  std::vector<Endpoint> listen;
  IPv6Address server_address;
  std::optional<IPv6Address> ipv4_server_address{};  // mapped; none: no v4v6 tunnels are served
};

class SelfTester {
 public:
  // Two addresses of the pool that are nobody's; empty: there are none.
  using UnusedAddresses = std::function<std::vector<IPv6Address>()>;

  // `datapath` must outlive every run. `unused_addresses` is called by whoever runs the test.
  SelfTester(SelfTestOptions options, HostDatapath& datapath, UnusedAddresses unused_addresses)
      : options_(std::move(options)), datapath_(datapath), unused_addresses_(std::move(unused_addresses)) {}

  // Takes a second if something is lost. From any thread but the core's; one run at a time, others wait.
  [[nodiscard]] SelfTestReport run();
  // Ends the run that is under way, and all later ones at once. What they report means nothing.
  void stop();

 private:
  [[nodiscard]] SelfTestSight make_sight() const;
  // Until all probes of the mask have come, or for as long as one try lasts. False: stop() was called.
  [[nodiscard]] bool wait_for(std::uint64_t wanted);

  const SelfTestOptions options_;
  HostDatapath& datapath_;
  const UnusedAddresses unused_addresses_;
  std::mutex one_run_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
};

}  // namespace tsp::linux_
