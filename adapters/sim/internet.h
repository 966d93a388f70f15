// SPDX-License-Identifier: Apache-2.0
//
// Everything outside the broker's host: hosts with clients, the NATs that some of them are behind, and the links.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <tsp/address.h>

#include "adapters/sim/client.h"
#include "adapters/sim/clocks.h"
#include "adapters/sim/happenings.h"
#include "adapters/sim/nat.h"
#include "adapters/sim/network.h"

namespace tsp::sim {

using ClientIndex = std::size_t;
using NatIndex = std::size_t;

struct InternetWires {
  std::function<void(const FourTuple&, ByteView)> to_broker;
  // What the broker sends to a path behind which there is no client.
  std::function<void(const FourTuple&, ByteView)> to_nobody;
};

class Internet {
 public:
  using MakeClient = std::function<std::unique_ptr<Client>(Host)>;

  Internet(Clocks& clocks, Happenings& happenings, Random random, InternetWires wires)
      : clocks_(clocks), happenings_(happenings), random_(random), wires_(std::move(wires)) {}

  // With a NAT: private addresses behind its public one; without: a public address of its own, of the server's family.
  // Over IPv6 there is no NAT, and each host is in a /64 of its own.
  ClientIndex add_client(const MakeClient& make, const Endpoint& server, std::optional<NatIndex> nat);
  NatIndex add_nat(const NatOptions& options);
  // From now on it talks to the broker from another place; the tunnel and the attempt that it has, it keeps.
  void move_client(ClientIndex index, std::optional<NatIndex> nat);

  void restart_client(ClientIndex index);
  // Its own line: nothing goes out, and nothing comes in.
  void cut_off(ClientIndex index) { sites_.at(index).cut_off = true; }
  void connect_everybody();

  [[nodiscard]] std::size_t clients() const { return sites_.size(); }
  [[nodiscard]] Client& client(ClientIndex index) { return *sites_.at(index).client; }
  [[nodiscard]] std::size_t nats() const { return nats_.size(); }
  [[nodiscard]] Nat& nat(NatIndex index) { return nats_.at(index); }
  // As the broker sees it.
  [[nodiscard]] FourTuple path_of(ClientIndex index);
  [[nodiscard]] LinkFaults& link() { return link_; }

  // The broker's host sends a datagram.
  void send_to_client(const FourTuple& path, ByteView payload);
  // It answers "port unreachable" to what came on that path.
  void refuse_client(const FourTuple& path);
  // The client was touched from outside: what it wants to send is sent, and its deadline is noted.
  void attend(ClientIndex index);
  // Datagrams that clients have sent, whatever became of them.
  [[nodiscard]] std::uint64_t datagrams_sent() const { return datagrams_sent_; }

 private:
  struct Site {
    std::unique_ptr<Client> client;
    IPv6Address address;  // inside of the NAT, if there is one; IPv4 mapped
    Endpoint server;
    std::uint8_t moves = 0;
    std::optional<NatIndex> nat;
    std::optional<Instant> wakes_at;
    bool cut_off = false;
  };
  // A port of a client's host.
  struct Place {
    ClientIndex client = 0;
    std::uint16_t port = 0;
  };

  [[nodiscard]] FourTuple path_from(const Site& site, std::uint16_t port);
  // Where what the broker's host sends on that path comes out; none: nowhere.
  [[nodiscard]] std::optional<Place> find(const FourTuple& path);
  void arrive(const FourTuple& path, ByteView payload);
  void wake(ClientIndex index, Instant deadline);

  Clocks& clocks_;
  Happenings& happenings_;
  Random random_;
  InternetWires wires_;
  LinkFaults link_;
  std::vector<Site> sites_;
  std::vector<Nat> nats_;
  std::map<IPv6Address, ClientIndex> client_at_;  // by inside address
  std::map<IPv6Address, NatIndex> nat_at_;        // by outside address
  std::uint64_t datagrams_sent_ = 0;
};

}  // namespace tsp::sim
