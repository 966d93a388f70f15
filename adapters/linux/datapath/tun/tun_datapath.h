// SPDX-License-Identifier: Apache-2.0
//
// The default datapath: one TUN device for all tunnels, packets forwarded by worker threads in user space. Works
// on any Linux since 5.10 and needs CAP_NET_ADMIN.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/datapath.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/host_datapath.h"
#include "adapters/linux/datapath/lease_routes.h"
#include "adapters/port/datapath.h"

namespace asio {
class io_context;
}

namespace tsp::linux_ {

struct TunOptions {
  std::string device = "tsp0";      // at most 15 characters
  std::vector<Endpoint> listen;     // UDP, at least one; 0.0.0.0 or "::": every address of the host, of that version
  unsigned workers = 1;             // threads, each with a socket for every `listen` and a queue of the device
  std::uint16_t device_mtu = 1472;  // what fits into one 1500-byte outer packet; a tunnel's own MTU is smaller
  IPv6Prefix pool;                  // routed to the device
  IPv6Address server_address;       // put on the device
  // Serve v4v6 tunnels too, on the IPv6 addresses among `listen`, of which there must be one then (CAP_NET_RAW): a
  // mapped prefix that is routed to the device as well, and the address in it that is put on the device.
  std::optional<port::InnerPool> ipv4_pool{};
  LeaseRoutesPolicy leases{};
  bool protocol_41 = false;                   // serve tunnels in protocol 41 too, on the IPv4 addresses (CAP_NET_RAW)
  InheritedDescriptors* inherited = nullptr;  // of which it takes what it needs; for the call of open() only
  bool offloads = true;                       // false: one packet a time, for comparison and for broken drivers
};

class TunDatapath final : public HostDatapath {
 public:
  // Opens sockets, device and routes; what a killed predecessor left is adopted or removed. Both sinks are called
  // on the io_context's thread only, never from inside open(), submit() or send(). Error: one line for the
  // operator; then nothing stays behind. With a device that was inherited it waits for begin_forwarding().
  [[nodiscard]] static std::expected<std::unique_ptr<TunDatapath>, std::string> open(const TunOptions& options,
                                                                                     asio::io_context& io, Sink sink,
                                                                                     SignallingSink signalling);
  // Stops the workers, removes device, addresses and routes.
  ~TunDatapath() override;

  void submit(DatapathOrder order) override;
  void send(const FourTuple& path, ByteView payload) override;
  [[nodiscard]] DatapathCounters counters() const override;
  void clamp_mss(bool wanted) override;
  void watch_for_probes(std::uint64_t token) override;
  [[nodiscard]] std::uint64_t probes_seen() override;
  bool inject(ByteView packet) override;
  [[nodiscard]] std::vector<NamedDescriptor> descriptors() const override;
  [[nodiscard]] std::expected<void, std::string> begin_forwarding() override;
  [[nodiscard]] bool injects_ipv4() const override { return true; }

 private:
  struct Impl;
  explicit TunDatapath(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;  // handlers that wait in the io_context have weak references
};

}  // namespace tsp::linux_
