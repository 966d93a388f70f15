// SPDX-License-Identifier: Apache-2.0
//
// Many clients at once: each has a UDP socket of its own and goes through the whole dialogue, retransmissions included,
// with the same machine that tsp-connect uses.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include <tsp/address.h>
#include <tsp/client.h>
#include <tsp/time.h>

#include "adapters/linux/net/file_descriptor.h"
#include "core/base/deadlines.h"
#include "core/base/random.h"
#include "core/client/config.h"
#include "core/client/failure.h"
#include "tools/tsp-load/source_range.h"

namespace tsp::load {

struct SwarmOptions {
  Endpoint server;  // IPv4
  SourceRange sources{};
  AuthMechanism mechanism = AuthMechanism::Anonymous;
  std::string login_prefix = "load";  // client 7 is the account load7
  std::string password{};             // of all accounts
  std::size_t first = 0;              // the number of the first client
  std::size_t count = 1000;
  std::size_t concurrency = 100;  // clients in the dialogue at a time
  Duration time_limit = std::chrono::seconds(60);
};

// One client has its tunnel, or will not get one.
struct Outcome {
  std::size_t number = 0;
  Duration took{};
  Endpoint local{};
  std::expected<Offer, client::Failure> result;
  linux_::FileDescriptor socket{};  // connected to the server
};

class Swarm {
 public:
  // How long clients that are in the dialogue at the time limit may go on.
  static constexpr Duration kGrace = std::chrono::seconds(5);

  using Sink = std::function<void(Outcome)>;

  Swarm(SwarmOptions options, Sink sink);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Begins `count` clients, or as many as the time allows. Error: a socket could not be opened; one line.
  [[nodiscard]] std::expected<void, std::string> run();
  [[nodiscard]] std::uint64_t retransmissions() const { return retransmissions_; }

 private:
  struct Client;

  [[nodiscard]] std::expected<void, std::string> begin_some(Instant now);
  [[nodiscard]] std::expected<void, std::string> begin(Instant now);
  void wait(Instant until);
  void receive(Client& client);
  void fire_timers();
  // Carries out what the client wants, and returns how many datagrams it sent. The client may be gone afterwards.
  std::size_t pump(Client& client, Instant now);
  void finish(Client& client, std::expected<Offer, client::Failure> result, Instant now);

  SwarmOptions options_;
  Sink sink_;
  Random random_;
  linux_::FileDescriptor epoll_;
  std::unordered_map<std::size_t, std::unique_ptr<Client>> clients_;  // in the dialogue
  Deadlines<std::size_t> deadlines_;
  std::size_t begun_ = 0;
  std::uint64_t retransmissions_ = 0;
};

}  // namespace tsp::load
