// SPDX-License-Identifier: Apache-2.0
//
// A client with the habits of gogoc 1.2: sequence numbers from f00000f0, a NUL behind AUTHENTICATE, its patience
// (gogoc_patience.h), a new port for each attempt, router solicitations through the tunnel, keepalives without jitter,
// an end with the first "port unreachable", no goodbye.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/client.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/sim/client.h"
#include "adapters/sim/gogoc_patience.h"
#include "core/base/random.h"
#include "core/wire/udp_header.h"

namespace tsp::sim {

// What a client can get in a fair world.
enum class Hope : std::uint8_t { Tunnel, Refusal, Nothing };

struct GogocOptions {
  RequestedType type = RequestedType::V6UdpV4;
  AuthMechanism mechanism = AuthMechanism::Anonymous;
  std::string login{};
  std::string password{};
  std::optional<std::uint8_t> router_length{};
  std::vector<std::string> name_servers{};  // a router's; after its first request a process names only the first
  Duration retry_delay = std::chrono::seconds(30);
  bool keeps_alive = true;
  bool little_endian = false;   // the first word, as clients before gogoc wrote it
  bool impatient = false;       // the same message again every 200 ms, and everything given up after 5 s
  bool changes_port = false;    // one of sixteen messages goes out from a new port
  Duration chatter_interval{};  // echo requests to whoever may be there, while up; 0: none
  Hope hope = Hope::Tunnel;
  // Called when it is sent to other brokers, with their list, and when its server does not answer, with none. True: it
  // goes on there, and is silent here until it is restarted.
  std::function<bool(const std::vector<std::string>& brokers)> follow{};
};

enum class GogocState : std::uint8_t {
  Waiting,     // for the next attempt
  Greeting,    // VERSION sent
  Choosing,    // AUTHENTICATE sent
  Proving,     // credentials or digest response sent
  Polling,     // for the 200 after DIGEST-MD5
  Requesting,  // create sent
  Accepting,   // accept sent
  Up,
};

class GogocClient final : public Client {
 public:
  // Begins within a second.
  GogocClient(GogocOptions options, Host host);

  void receive(Instant now, std::uint16_t port, ByteView datagram) override;
  void refuse(Instant now, std::uint16_t port) override;
  void advance(Instant now) override;
  [[nodiscard]] Instant next_deadline() const override { return std::min({deadline_, chatter_at_, solicitation_at_}); }
  [[nodiscard]] std::vector<Departure> take_departures() override { return std::exchange(departures_, {}); }
  // It begins again from another port.
  void restart(Instant now) override;
  // Silent from now on, until it is restarted.
  void switch_off();
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  // Where its tunnel's packets leave and arrive: 0 if they have no port.
  [[nodiscard]] std::uint16_t tunnel_port() const;
  [[nodiscard]] bool content() const override;

  [[nodiscard]] GogocState state() const { return state_; }
  [[nodiscard]] const std::optional<Offer>& offer() const { return offer_; }
  // The first status other than success that ended an attempt, of the last attempt.
  [[nodiscard]] std::optional<unsigned> refusal() const { return refusal_; }
  [[nodiscard]] std::uint64_t attempts() const { return attempts_; }
  [[nodiscard]] std::uint64_t times_up() const { return times_up_; }
  [[nodiscard]] std::uint64_t echoes_answered() const { return echoes_answered_; }
  [[nodiscard]] const GogocOptions& options() const { return options_; }

 private:
  void begin_attempt(Instant now);
  void say(Instant now, std::string text, GogocState next);
  void transmit(Instant now);
  void on_reply(Instant now, std::string_view text);
  void on_capability(Instant now, std::string_view text);
  void on_challenge(Instant now, std::string_view text);
  void on_offer(Instant now, std::string_view text);
  void create(Instant now);
  void come_up(Instant now);
  void give_up(Instant now, Duration delay);
  // The server says no, or names others; 0: something that gogoc does not understand.
  void refused(Instant now, unsigned code, const std::vector<std::string>& brokers = {});
  [[nodiscard]] bool goes_elsewhere(const std::vector<std::string>& brokers);
  void on_inner(ByteView packet);
  void send_echo(Instant now);
  void keep_alive(Instant now);
  void chat(Instant now);
  void solicit(Instant now);
  [[nodiscard]] std::optional<Duration> next_pause();
  void depart(Instant now);

  GogocOptions options_;
  IPv6Address address_;
  Random random_;
  GogocState state_ = GogocState::Waiting;
  Instant deadline_;
  Instant chatter_at_{Duration::max()};
  Instant solicitation_at_{Duration::max()};
  std::uint16_t port_ = 0;
  wire::Sequence sequence_;
  std::string message_;  // waiting for its answer
  RetransmissionTimer timer_;
  RetryDelay retry_delay_;
  unsigned transmissions_ = 0;  // of the impatient
  std::string expected_rspauth_;
  std::optional<Offer> offer_;
  std::optional<unsigned> refusal_;
  bool refused_ = false;  // at least once
  bool named_servers_ = false;
  std::vector<Departure> departures_;
  unsigned echoes_lost_ = 0;
  bool echo_pending_ = false;
  Instant next_echo_;
  unsigned solicitations_ = 0;  // of this tunnel
  std::uint16_t echo_sequence_ = 0;
  std::uint64_t attempts_ = 0;
  std::uint64_t times_up_ = 0;
  std::uint64_t echoes_answered_ = 0;
};

// An echo request of the addresses' family, as gogoc sends it: 16 bytes of data, hop limit 64.
[[nodiscard]] Bytes make_echo_request(const IPv6Address& source, const IPv6Address& destination,
                                      std::uint16_t sequence);

}  // namespace tsp::sim
