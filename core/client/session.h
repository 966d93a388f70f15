// SPDX-License-Identifier: Apache-2.0
//
// One attempt to get a tunnel from one server over one open socket: VERSION, authentication, create, accept (RFC 5572
// section 4). A machine like the others: facts in by the member functions, orders out by poll().
//
//   VERSION ─► AUTHENTICATE ─► create ─► [SessionOffer, local_ready()] ─► accept ─► SessionEstablished ─► delete
//                                                              └─ no ─► reject ─► SessionFailed
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <tsp/client.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/client/auth_exchange.h"
#include "core/client/config.h"
#include "core/client/failure.h"
#include "core/client/rudp.h"
#include "core/client/states.h"
#include "core/client/stream_reader.h"
#include "core/client/transport.h"

namespace tsp::client {

// One datagram, or one write.
struct SessionSend {
  Bytes bytes;
};
// Checked; local_ready() is awaited.
struct SessionOffer {
  Offer offer;
};
// The server knows that the offer was accepted.
struct SessionEstablished {
  Offer offer;
};
// The socket is of no use to this session any more.
struct SessionFailed {
  Failure failure;
};
// After leave(). `problem`: why the server is not known to have deleted the tunnel.
struct SessionLeft {
  std::optional<std::string> problem;
};
using SessionOrder = std::variant<SessionSend, SessionOffer, SessionEstablished, SessionFailed, SessionLeft>;

struct SessionSetup {
  std::shared_ptr<const ClientConfig> config;
  ServerName server;
  Transport transport = Transport::Udp;
  std::string version;            // "2.0.2"
  IPv6Address local;              // our address on this very socket (C-15)
  wire::Sequence first_sequence;  // UDP
  std::string cnonce;             // see AuthExchange
};

class ClientSession {
 public:
  // How long a reply over TCP is awaited (C-07); over UDP the limits are Rudp's.
  static constexpr Duration kReplyPatience = Rudp::kPatience;
  // How long the answer to reject or delete is worth waiting for.
  static constexpr Duration kFarewellPatience = std::chrono::seconds(3);

  // Begins at once: poll() yields the VERSION message.
  ClientSession(SessionSetup setup, Instant now);

  // A datagram from the server's address and port, or bytes of the stream.
  void receive(Instant now, ByteView bytes);
  // The server closed the connection (TCP), or the socket broke.
  void closed(Instant now, std::string reason);
  // The answer to SessionOffer. `problem`: why this host cannot set it up; the offer is then rejected.
  void local_ready(Instant now, const std::optional<std::string>& problem);
  // After SessionEstablished: asks the server to delete the tunnel.
  void leave(Instant now);
  void advance(Instant now);
  [[nodiscard]] std::optional<SessionOrder> poll();
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  [[nodiscard]] bool established() const { return state_ == SessionState::Established; }
  // UDP: where another session on this socket must go on.
  [[nodiscard]] wire::Sequence next_sequence() const { return rudp_.next_sequence(); }

 private:
  void move_to(SessionState next);
  [[nodiscard]] bool udp() const { return setup_.transport == Transport::Udp; }
  [[nodiscard]] bool awaits_reply() const;
  void say(Instant now, std::string_view text);
  void read_stream(Instant now);
  void on_reply(Instant now, std::string_view text);
  void on_version_reply(Instant now, std::string_view text);
  void on_auth_step(Instant now, AuthStep step);
  void on_create_reply(Instant now, std::string_view text);
  void on_accept_reply(std::string_view text);
  void ask_for_the_rest(Instant now, std::string_view text);
  void consider(Instant now, Offer offer);
  void create(Instant now);
  void reject(Instant now, FailureKind kind, std::string detail);
  void establish();
  void on_delete_reply(std::string_view text);
  void left(std::optional<std::string> problem);
  void farewell_over(std::string why);
  void fail(Failure failure);
  void fail(FailureKind kind, std::string detail);

  SessionSetup setup_;
  SessionState state_ = SessionState::Version;
  AuthExchange auth_;
  Rudp rudp_;
  StreamReader reader_;
  std::optional<Instant> give_up_at_;  // TCP, and farewells
  std::string partial_reply_;          // UDP: of create, while the rest is fetched
  Offer offer_;
  std::optional<Failure> rejected_for_;
  std::deque<SessionOrder> orders_;
};

}  // namespace tsp::client
