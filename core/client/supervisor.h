// SPDX-License-Identifier: Apache-2.0
//
// A whole client: makes attempts until there is a tunnel, keeps it alive and renews it, and begins again when it is
// lost, never faster than its delays allow. Used by tsp-connect and by the simulated world alike.
//
//   ClientSupervisor client(config, seed, now);       // or handle(now, fact), or advance(now) when it is time
//   while (auto order = client.poll()) execute(*order);
//   arm_timer(client.next_deadline());
//
// Packets may all go through handle(). An adapter in a hurry decides about most of them itself, with
// classify_inbound() and may_send() of client/inner.h and the offer of the last TunnelUp, and hands over only what is
// Inbound::Supervisor; after TunnelDown it drops them all.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/random.h"
#include "core/client/backoff.h"
#include "core/client/config.h"
#include "core/client/distance.h"
#include "core/client/itinerary.h"
#include "core/client/live_tunnel.h"
#include "core/client/messages.h"
#include "core/client/session.h"
#include "core/client/udp_fallback.h"

namespace tsp::client {

class ClientSupervisor {
 public:
  // At most one reaction to OuterAddressChanged in this time.
  static constexpr Duration kAddressChangePause = std::chrono::seconds(10);

  // Begins at once: poll() yields the first OpenSocket. `config` must be valid (config.h). Time is the monotonic clock;
  // one that steps back is taken for one that stands still.
  ClientSupervisor(ClientConfig config, const Seed& seed, Instant start);

  void handle(Instant now, const Fact& fact);
  // Fires what is due. Calling it early or twice is harmless.
  void advance(Instant now);
  [[nodiscard]] std::optional<Order> poll();
  // None: nothing will happen without a fact.
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  [[nodiscard]] bool tunnel_up() const { return tunnel_.has_value() && !stopping_; }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct Attempt {
    Carrier carrier;
    bool borrowed = false;  // the socket is the live tunnel's
    std::optional<ClientSession> session;
    Instant connect_by;
    UnreachableHints hints;
  };
  enum class NextStep : std::uint8_t { NewRound, GoOn };
  struct Scheduled {
    Instant at;
    NextStep step = NextStep::NewRound;
  };

  void on(const SocketOpened& fact);
  void on(const SocketFailed& fact);
  void on(const PeerUnreachable& fact);
  void on(const BytesArrived& fact);
  void on(const PacketArrived& fact);
  void on(const HostPacket& fact);
  void on(const TunnelPrepared& fact);
  void on(const TunnelBroke& fact);
  void on(const OuterAddressChanged& fact);
  void on(const StopRequested& fact);

  void tick(Instant now);
  void new_round();
  // To the itinerary's server, or first to all that it may take the nearest of.
  void next_attempt();
  void begin_survey();
  void pump_survey();
  void drop_survey();
  void open_socket();
  void renew();
  void begin_session(wire::Sequence first_sequence);
  void schedule_round(RetryClass retry);
  void pump_attempt();
  void pump_tunnel();
  bool execute(SessionOrder& order);
  void adopt(const Offer& offer);
  void attempt_failed(Failure failure);
  void drop_attempt();
  // Whether a new tunnel is on its way, or will be.
  [[nodiscard]] bool is_busy() const { return attempt_ || survey_ || scheduled_; }
  void advance_survey();
  void advance_attempt();
  void advance_tunnel();
  void advance_schedule();
  void inner_packet(ByteView packet);
  void tunnel_lost(std::string why, FinishReason reason);
  void fall_back_to_udp(const Carrier& carrier);
  void finish(FinishReason reason);
  void report(ReportCode code, const Carrier& carrier, std::string detail = {});
  [[nodiscard]] bool is_surveyed(SocketId socket) const;
  [[nodiscard]] bool is_attempt(SocketId socket) const;
  [[nodiscard]] bool is_tunnel(SocketId socket) const;

  std::shared_ptr<const ClientConfig> config_;
  UdpFallback fallback_;
  std::shared_ptr<const ClientConfig> asked_;  // config_ with the type that is asked for
  Random random_;
  Instant now_;
  Itinerary itinerary_;
  Backoff backoff_;
  std::optional<Survey> survey_;
  std::optional<ServerName> usual_server_;  // of the last tunnel
  std::optional<Attempt> attempt_;
  std::optional<LiveTunnel> tunnel_;
  std::optional<Scheduled> scheduled_;
  std::optional<Instant> address_changed_at_;  // when the last reaction was, or the next one is due
  std::uint64_t sockets_ = 0;
  bool stopping_ = false;
  bool finished_ = false;
  std::deque<Order> orders_;
};

}  // namespace tsp::client
