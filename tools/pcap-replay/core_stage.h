// SPDX-License-Identifier: Apache-2.0
//
// The core with the simulated store and datapath, which answer at once, and with all checkers of the simulation. Time
// is the capture's, and everything random comes from one fixed seed, so that a replay never differs from the one
// before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sim/world.h"
#include "tools/pcap-replay/follower.h"
#include "tools/pcap-replay/stage.h"

namespace tsp::replay {

// How the broker differs from one that serves everything.
struct CoreSetting {
  Passwords accounts{};
  bool anonymous = true;
  bool plain = true;
  bool digest_md5 = true;
  bool store_away = false;
  std::optional<std::uint32_t> tunnels_max{};
  // So large that a router gets a /48.
  IPv6Prefix pool = make_prefix({{0x20, 0x01, 0x0d, 0xb8, 0x10, 0}}, 36);
  std::vector<OtherBroker> brokers{};  // to which clients are sent; the first one before all others
};

class CoreStage final : public Stage {
 public:
  // `wall`: the time of the first utterance, since the epoch.
  CoreStage(const CoreSetting& setting, Duration wall);

  void wait_until(Duration since_first) override;
  bool wait_for_answer(Duration patience) override;
  void send(const FourTuple& path, ByteView datagram) override;
  [[nodiscard]] bool has_bare_packets() const override { return true; }
  [[nodiscard]] bool has_streams() const override { return true; }
  void open_stream(const FourTuple& path) override;
  void write_stream(const Endpoint& client, ByteView bytes) override;
  void close_stream(const Endpoint& client) override;
  [[nodiscard]] std::vector<Answer> take_answers() override;

  // What should never happen and did.
  [[nodiscard]] const std::optional<std::string>& violation() const { return world_.violation(); }

 private:
  class Ears;

  void settle_streams();

  std::vector<Answer> answers_;
  sim::World world_;
  Instant first_;
  std::uint64_t streams_ = 0;
  std::map<Endpoint, StreamId> open_;
  std::map<StreamId, Endpoint> clients_;
};

}  // namespace tsp::replay
