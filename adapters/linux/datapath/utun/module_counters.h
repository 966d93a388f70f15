// SPDX-License-Identifier: Apache-2.0
//
// What the module has counted since this datapath was opened: a device that was taken over has counted before, and one
// that was made anew begins again.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "adapters/linux/datapath/datapath_counters.h"
#include "adapters/linux/datapath/utun/messages.h"
#include "adapters/linux/netlink/requester.h"

namespace tsp::linux_::utun {

class ModuleCounters {
 public:
  explicit ModuleCounters(std::unique_ptr<NetlinkChannel> channel) : requester_(std::move(channel)) {}

  // Of this device from now on. What has been counted of another one before stays.
  void aim(const Target& target);
  // From any thread. Of a device that does not answer: what it last told.
  [[nodiscard]] DatapathCounters read();

 private:
  void look();

  std::mutex mutex_;
  NetlinkRequester requester_;
  std::optional<Target> target_;
  DatapathCounters before_;  // of devices that are gone
  DatapathCounters start_;   // of the device when it became ours
  DatapathCounters last_;    // likewise, when it last told
};

}  // namespace tsp::linux_::utun
