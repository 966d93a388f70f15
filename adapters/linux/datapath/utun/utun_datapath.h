// SPDX-License-Identifier: Apache-2.0
//
// The datapath in the kernel: the module utun forwards, this process reads the signalling and gives the module its
// tunnels. Needs the module and CAP_NET_ADMIN. It has no tunnels of IPv4 in IPv6.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/datapath.h>

#include "adapters/linux/datapath/host_datapath.h"
#include "adapters/linux/datapath/lease_routes.h"

namespace asio {
class io_context;
}

namespace tsp::linux_ {

struct UtunOptions {
  std::string device = "tsp0";      // at most 15 characters
  std::vector<Endpoint> listen;     // UDP over IPv4, at least one; 0.0.0.0: every address of the host
  std::uint16_t device_mtu = 1472;  // what fits into one 1500-byte outer packet; a tunnel's own MTU is smaller
  IPv6Prefix pool;                  // routed to the device
  IPv6Address server_address;       // put on the device
  LeaseRoutesPolicy leases{};
  bool protocol_41 = false;                   // serve tunnels in protocol 41 too, on these addresses
  InheritedDescriptors* inherited = nullptr;  // of which it takes UDP sockets; for the call of open() only
};

class UtunDatapath final : public HostDatapath {
 public:
  // Opens sockets, device and routes. The device of a killed predecessor is taken over with its tunnels. A device that
  // somebody removes is made again and reported as DatapathReset. Both sinks are called on the io_context's thread
  // only, never from inside open(), submit() or send(). Error: one line for the operator; then nothing stays behind.
  [[nodiscard]] static std::expected<std::unique_ptr<UtunDatapath>, std::string> open(const UtunOptions& options,
                                                                                      asio::io_context& io, Sink sink,
                                                                                      SignallingSink signalling);
  // Removes device, addresses and routes.
  ~UtunDatapath() override;

  void submit(DatapathOrder order) override;
  void send(const FourTuple& path, ByteView payload) override;
  [[nodiscard]] DatapathCounters counters() const override;
  void clamp_mss(bool wanted) override;
  void watch_for_probes(std::uint64_t token) override;
  [[nodiscard]] std::uint64_t probes_seen() override;
  bool inject(ByteView packet) override;
  [[nodiscard]] bool injects_ipv4() const override { return false; }

 private:
  struct Impl;
  explicit UtunDatapath(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;  // handlers that wait in the io_context have weak references
};

}  // namespace tsp::linux_
