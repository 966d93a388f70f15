// SPDX-License-Identifier: Apache-2.0
//
// The self-test's hands and eyes: a tunnel to a socket of this process, by which packets come out of the device as
// those of a client do, and a look at what the host sends into the device. Both are there only while a test runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/probe_watch.h"
#include "adapters/linux/datapath/utun/messages.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/netlink/requester.h"

namespace tsp::linux_::utun {

class ProbeTunnel {
 public:
  // `listen`: where the device has a socket. `probes` outlives it.
  ProbeTunnel(std::unique_ptr<NetlinkChannel> channel, const Endpoint& listen, const IPv6Address& server_address,
              ProbeWatch& probes);
  ~ProbeTunnel();

  // Also removes a tunnel that a predecessor has left.
  void aim(const Target& target);
  // ---- from any thread
  void begin();
  void end();
  // Takes in what has been seen.
  void look();
  // An IPv6 packet that is not for the server address, whose echo requests never reach the host. False: it could not.
  bool inject(ByteView packet);
  // Its tunnel gives way to one of the core's; none: there is none.
  [[nodiscard]] std::optional<TunnelId> id() const;

 private:
  [[nodiscard]] bool install(const IPv6Address& inner);
  void remove();

  const Endpoint broker_;  // where the probes are sent to
  const IPv6Address server_address_;
  ProbeWatch& probes_;
  std::mutex mutex_;  // of what follows
  NetlinkRequester requester_;
  std::optional<Target> target_;
  FileDescriptor client_;
  FileDescriptor tap_;
  std::optional<IPv6Address> inner_;  // of the tunnel that is installed
  std::atomic<bool> installed_{false};
};

}  // namespace tsp::linux_::utun
