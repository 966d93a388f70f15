// SPDX-License-Identifier: Apache-2.0
//
// A socket that what clients send, outside their tunnels, comes and goes through: of the broker's UDP port, or of a
// protocol without ports. Each datagram tells which local address it was sent to, and each one that is sent leaves from
// the address it is told to: clients behind a NAT see nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

struct UdpSocketOptions {
  Endpoint local;              // port not 0; 0.0.0.0 or "::": every address of the host, of that version
  bool share_port = false;     // with other sockets of this process that say so too (SO_REUSEPORT)
  bool merge_received = true;  // several datagrams of one sender are received as one (UDP_GRO), if the kernel can
};

// Packets directly in packets of the other version: IPv6 in IPv4 (protocol 41, RFC 4213) if `local` is IPv4, else IPv4
// in IPv6 (protocol 4, RFC 2473).
struct BareSocketOptions {
  IPv6Address local;  // 0.0.0.0 or "::": every address of the host, of that version
  // Every such socket gets every packet: of `shares` sockets, this one takes the senders that are number `share`.
  std::uint32_t shares = 1;
  std::uint32_t share = 0;
};

class OuterSocket {
 public:
  // Error: one line.
  [[nodiscard]] static std::expected<OuterSocket, std::string> open_udp(const UdpSocketOptions& options);
  // Needs CAP_NET_RAW.
  [[nodiscard]] static std::expected<OuterSocket, std::string> open_bare(const BareSocketOptions& options);
  // The same of a descriptor that is such a socket already, bound to that address.
  [[nodiscard]] static std::expected<OuterSocket, std::string> adopt_udp(FileDescriptor fd,
                                                                         const UdpSocketOptions& options);
  [[nodiscard]] static std::expected<OuterSocket, std::string> adopt_bare(FileDescriptor fd,
                                                                          const BareSocketOptions& options);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Port 0: it is not one of UDP.
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] bool is_udp() const { return local_.port != 0; }
  [[nodiscard]] bool merges_received() const { return merges_received_; }
  // Whether datagrams to or from this local endpoint pass through this socket.
  [[nodiscard]] bool serves(const Endpoint& local) const;
  // Takes the ICMP errors about what was sent that wait there, and says how many there were. Only without UDP.
  [[nodiscard]] std::size_t take_errors() const;

 private:
  FileDescriptor fd_;
  Endpoint local_;
  bool merges_received_ = false;
};

// Sends one datagram, or one packet of the protocol, from path.local to path.remote. False: the kernel refused it.
[[nodiscard]] bool send_datagram(const OuterSocket& socket, const FourTuple& path, ByteView payload);

// Whether a send that failed with this errno may succeed when repeated at once: an ICMP error about an earlier
// datagram, forged perhaps, is reported by the next call and cleared by it.
[[nodiscard]] bool is_pending_error(int code);

// Error: another process has the port on that address. Sockets that share a port do not notice each other, so two
// brokers of one user would each get half of the datagrams.
[[nodiscard]] std::expected<void, std::string> check_port_free(const Endpoint& local);

}  // namespace tsp::linux_
