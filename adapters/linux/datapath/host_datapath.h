// SPDX-License-Identifier: Apache-2.0
//
// What tspd needs of a datapath beside the orders of the core.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/datapath_counters.h"
#include "adapters/linux/net/inherited_descriptors.h"
#include "adapters/port/datapath.h"

namespace tsp::linux_ {

// One that can be handed to the next run of this process; `name` says of what kind it is.
struct NamedDescriptor {
  int descriptor = -1;
  std::string name;
};

class HostDatapath : public port::Datapath {
 public:
  // A datagram for the signalling engine; the bytes live during the call only.
  using SignallingSink = std::function<void(const FourTuple&, ByteView)>;

  // A signalling reply, from path.local to path.remote. Lost silently if the kernel refuses it, as on the network.
  virtual void send(const FourTuple& path, ByteView payload) = 0;
  // May be called from any thread.
  [[nodiscard]] virtual DatapathCounters counters() const = 0;

  // Whether the MSS of TCP connections is lowered to what their tunnels hold, from now on; true at first. From any
  // thread.
  virtual void clamp_mss(bool wanted) = 0;

  // ---- over a restart ----

  // What it would take over: whoever holds them open keeps port and device from being closed. Empty: a restart closes
  // them.
  [[nodiscard]] virtual std::vector<NamedDescriptor> descriptors() const { return {}; }
  // A datapath that took over a device reads nothing before this, so that no packet that waits there finds its tunnel
  // missing; to be called when the tunnels are installed, or will not be for a while. Otherwise, and the second time,
  // nothing happens. Error: one line.
  [[nodiscard]] virtual std::expected<void, std::string> begin_forwarding() { return {}; }

  // ---- for the self-test; from any thread ----

  // Looks for probes (core/dataplane/probe.h) with this token from now on, among packets without a tunnel and among
  // signalling datagrams, and keeps the latter from the signalling engine; 0: looks for none.
  virtual void watch_for_probes(std::uint64_t token) = 0;
  // Bit n: number n has come.
  [[nodiscard]] virtual std::uint64_t probes_seen() = 0;
  // Lets a packet come out of the device, as if a client had sent it. False: it could not.
  virtual bool inject(ByteView packet) = 0;
  // Whether inject() takes IPv4 packets.
  [[nodiscard]] virtual bool injects_ipv4() const = 0;
};

}  // namespace tsp::linux_
