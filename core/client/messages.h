// SPDX-License-Identifier: Apache-2.0
//
// What the client's supervisor is told (facts) and what it wants done (orders).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tsp/address.h>
#include <tsp/client.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/client/failure.h"
#include "core/client/server_name.h"
#include "core/client/transport.h"

namespace tsp::client {

// Chosen by the supervisor, never used twice.
using SocketId = Strong<struct ClientSocketTag, std::uint64_t>;

// ---- facts: what happened. Views need to live only during the call. -------------------------------------------

// The name was found, and (TCP) the connection stands. `remote` is what the socket is connected to: nothing from
// elsewhere may be reported as arrived on it (C-02).
struct SocketOpened {
  SocketId socket;
  Endpoint local;
  Endpoint remote;
};
// It could not be opened, or the connection ended or broke. The adapter has closed it.
struct SocketFailed {
  SocketId socket;
  std::string reason;
};
// An ICMP error came back (UDP). The socket stays open: anyone can send such errors (C-32).
struct PeerUnreachable {
  SocketId socket;
};
// A datagram, signalling or (v6udpv4) an inner packet; or bytes of a stream.
struct BytesArrived {
  SocketId socket;
  ByteView bytes;
};
// v6v4 and v4v6: what was behind the IP header of a packet of protocol 41 or 4 from offer.server_outer.
struct PacketArrived {
  ByteView packet;
};
// The host sent a packet into the tunnel device.
struct HostPacket {
  ByteView packet;
};
// The answer to PrepareTunnel; the problem is why this host cannot have the tunnel.
struct TunnelPrepared {
  SocketId socket;
  std::optional<std::string> problem;
};
// TunnelUp could not be executed, or the device was lost.
struct TunnelBroke {
  std::string reason;
};
// Packets to the server would now leave with another source address than the tunnel's socket has (C-28).
struct OuterAddressChanged {};
// Ends everything orderly; Finished follows within ClientSession::kFarewellPatience.
struct StopRequested {};

using Fact = std::variant<SocketOpened, SocketFailed, PeerUnreachable, BytesArrived, PacketArrived, HostPacket,
                          TunnelPrepared, TunnelBroke, OuterAddressChanged, StopRequested>;

// ---- orders: what to do, in this order --------------------------------------------------------------------------

// Look the name up (addresses of that family only), and connect a socket with a port of the kernel's choice (C-04).
// Ends in exactly one SocketOpened or SocketFailed, unless CloseSocket comes first.
struct OpenSocket {
  SocketId socket;
  Transport transport = Transport::Udp;
  ServerName server;
  OuterFamily family = OuterFamily::IPv4;
};
struct CloseSocket {
  SocketId socket;
};
// One datagram, or one write.
struct SendBytes {
  SocketId socket;
  Bytes bytes;
};
// Find out whether the offer can be set up here (device, privileges, a prefix that no other link has), but change
// nothing that matters to others yet. Answered by exactly one TunnelPrepared.
struct PrepareTunnel {
  SocketId socket;
  Offer offer;
};
// Set it up. If a tunnel is up, this one takes its place: with the same addresses only the socket changes.
struct TunnelUp {
  SocketId socket;  // v6udpv4: carries the packets
  Offer offer;
};
// Take everything down that TunnelUp set up.
struct TunnelDown {};
// An inner packet, to be sent through the tunnel.
struct SendPacket {
  Bytes packet;
};
// An inner packet from the tunnel, for the host.
struct DeliverPacket {
  Bytes packet;
};

// How long a server's answer to an echo request takes; none: it does not answer.
struct Distance {
  ServerName server;
  std::optional<Duration> round_trip;
};

enum class ReportCode : std::uint8_t {
  Measured,  // distances: of servers that will be tried in this order
  Connecting,
  AttemptFailed,    // failure
  Waiting,          // delay: until the next round of attempts
  TunnelUp,         // offer
  TunnelConfirmed,  // the first keepalive was answered; delay: its round-trip time
  KeepaliveLost,
  TunnelDown,   // detail
  FallingBack,  // v6udpv4 is asked for instead of v6anyv4; delay: how long; detail: why
  NotDeleted,   // stopped, but the server is not known to have ended the tunnel; detail: why
  Renewing,     // before the lifetime ends, or because the outer address changed; detail
};
// For people and logs; nothing needs to be done.
struct Report {
  ReportCode code{};
  ServerName server;
  Transport transport = Transport::Udp;
  std::optional<Failure> failure;
  std::optional<Offer> offer;
  Duration delay{};
  std::string detail;
  std::vector<Distance> distances;
};

enum class FinishReason : std::uint8_t {
  Stopped,               // as requested
  TunnelLost,            // there was one (once)
  Unreachable,           // no server answered (once)
  AuthenticationFailed,  // ours, or the server's, or no common mechanism (once)
  Refused,               // the server does not want to, or sent us nowhere (once)
  ProtocolError,         // the server said what it may not (once)
  LocalProblem,          // this host cannot set the tunnel up (once)
};
// Nothing follows, ever.
struct Finished {
  FinishReason reason = FinishReason::Stopped;
};

using Order = std::variant<OpenSocket, CloseSocket, SendBytes, PrepareTunnel, TunnelUp, TunnelDown, SendPacket,
                           DeliverPacket, Report, Finished>;

}  // namespace tsp::client
