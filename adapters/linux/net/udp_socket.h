// SPDX-License-Identifier: Apache-2.0
//
// A UDP socket of the broker's port. Each datagram tells which local address it was sent to, and each one that is sent
// leaves from the address it is told to: clients behind a NAT see nothing else.
#pragma once

#include <expected>
#include <string>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

struct UdpSocketOptions {
  Endpoint local;              // IPv4, port not 0; 0.0.0.0: every address of the host
  bool share_port = false;     // with other sockets of this process that say so too (SO_REUSEPORT)
  bool merge_received = true;  // several datagrams of one sender are received as one (UDP_GRO), if the kernel can
};

class UdpSocket {
 public:
  // Error: one line.
  [[nodiscard]] static std::expected<UdpSocket, std::string> open(const UdpSocketOptions& options);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] bool merges_received() const { return merges_received_; }
  // Whether datagrams to or from this local endpoint pass through this socket.
  [[nodiscard]] bool serves(const Endpoint& local) const;

 private:
  FileDescriptor fd_;
  Endpoint local_;
  bool merges_received_ = false;
};

// Sends one datagram from path.local to path.remote. False: the kernel refused it.
[[nodiscard]] bool send_datagram(const UdpSocket& socket, const FourTuple& path, ByteView payload);

// Whether a send that failed with this errno may succeed when repeated at once: an ICMP error about an earlier
// datagram, forged perhaps, is reported by the next call and cleared by it.
[[nodiscard]] bool is_pending_error(int code);

// Error: another process has the port on that address. Sockets that share a port do not notice each other, so two
// brokers of one user would each get half of the datagrams.
[[nodiscard]] std::expected<void, std::string> check_port_free(const Endpoint& local);

}  // namespace tsp::linux_
