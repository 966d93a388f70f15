// SPDX-License-Identifier: Apache-2.0
//
// Tunnels that stay up as long as the process lives: their sockets are open, and they send what keeps them alive.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include <tsp/time.h>

#include "adapters/linux/net/file_descriptor.h"
#include "core/base/deadlines.h"
#include "tools/tsp-load/swarm.h"
#include "tools/tsp-load/tunnel_list.h"

namespace tsp::load {

class HeldTunnels {
 public:
  // All of them or none. Error: one line.
  [[nodiscard]] static std::expected<HeldTunnels, std::string> establish(const SwarmOptions& options);

  [[nodiscard]] std::vector<HeldTunnel> list() const;
  // Returns when the time is over or `stop` (a signalfd, say) becomes readable.
  void keep(Duration time, int stop);

 private:
  struct Tunnel {
    HeldTunnel what;
    Duration interval;  // 0: needs no keepalive
    linux_::FileDescriptor socket;
    std::uint16_t sequence = 0;
  };

  [[nodiscard]] bool confirm_all();
  [[nodiscard]] static bool take_reply(const Tunnel& tunnel);
  void schedule(Instant now);
  void send_due(Instant now);
  static void send_echo_request(Tunnel& tunnel);

  std::vector<Tunnel> tunnels_;
  Deadlines<std::size_t> deadlines_;
};

}  // namespace tsp::load
