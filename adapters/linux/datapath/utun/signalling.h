// SPDX-License-Identifier: Apache-2.0
//
// The broker's UDP sockets. The module takes the packets of tunnels out of them; what is left is read here, on the main
// thread. One socket for each address: no packet of a tunnel waits in it, so there is nothing to share among workers.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/datapath_counters.h"
#include "adapters/linux/datapath/probe_watch.h"
#include "adapters/linux/net/inherited_descriptors.h"

namespace asio {
class io_context;
}

namespace tsp::linux_::utun {

class SignallingSockets {
 public:
  using Sink = std::function<void(const FourTuple&, ByteView)>;

  // `probes` outlives it. `sink` is called on the io_context's thread, never from inside open() or start(). Error: one
  // line.
  [[nodiscard]] static std::expected<std::unique_ptr<SignallingSockets>, std::string> open(
      const std::vector<Endpoint>& listen, asio::io_context& io, ProbeWatch& probes, Sink sink,
      InheritedDescriptors& inherited);
  ~SignallingSockets();

  // Begins to read: when the device has the sockets, so that no packet of a tunnel is taken for a stranger's.
  void start();
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] bool serves(const Endpoint& local) const;
  void send(const FourTuple& path, ByteView payload);
  // From any thread.
  void add_to(DatapathCounters& sum) const;

 private:
  struct Impl;
  explicit SignallingSockets(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;  // handlers that wait in the io_context have weak references
};

}  // namespace tsp::linux_::utun
