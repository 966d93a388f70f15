// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/hold.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "adapters/linux/net/clock.h"
#include "tools/tsp-load/packets.h"
#include "tools/tsp-load/storm.h"

namespace tsp::load {
namespace {

// Nobody reads what floods send to the held sockets: the less is kept, the less it costs.
constexpr int kReceiveBufferBytes = 0;  // the kernel makes it its minimum

constexpr std::size_t kRequestsAtOnce = 64;  // fewer than any queue on the way holds
constexpr Duration kReplyPatience = std::chrono::milliseconds(100);
constexpr int kTriesMax = 50;

}  // namespace

std::expected<HeldTunnels, std::string> HeldTunnels::establish(const SwarmOptions& options) {
  HeldTunnels held;
  std::optional<std::string> failure;
  Swarm swarm(options, [&](Outcome outcome) {
    if (!outcome.result) {
      failure = "client " + std::to_string(outcome.number) + ": " + failure_text(outcome.result.error());
      return;
    }
    const Offer& offer = *outcome.result;
    held.tunnels_.push_back(Tunnel{.what = {.local = outcome.local,
                                            .server = options.server,
                                            .inner = offer.client_inner,
                                            .server_inner = offer.server_inner},
                                   .interval = std::chrono::seconds(offer.keepalive_seconds),
                                   .socket = std::move(outcome.socket)});
  });
  if (auto ran = swarm.run(); !ran) return std::unexpected(std::move(ran.error()));
  if (failure) return std::unexpected(std::move(*failure));
  if (held.tunnels_.size() < options.count) return std::unexpected("the time is over before all tunnels are up");
  if (!held.confirm_all()) return std::unexpected("the broker does not answer echo requests through the tunnels");
  return held;
}

// An endpoint that has proved nothing gets no packet before the broker has seen one of its own.
bool HeldTunnels::confirm_all() {
  std::deque<Tunnel*> waiting;
  for (Tunnel& tunnel : tunnels_) waiting.push_back(&tunnel);
  for (int fruitless = 0; !waiting.empty() && fruitless < kTriesMax;) {
    const std::size_t some = std::min(waiting.size(), kRequestsAtOnce);
    const std::vector<Tunnel*> asked(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(some));
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(some));
    for (Tunnel* tunnel : asked) send_echo_request(*tunnel);
    bool any = false;
    for (Tunnel* tunnel : asked) {
      if (take_reply(*tunnel)) {
        any = true;
      } else {
        waiting.push_back(tunnel);
      }
    }
    fruitless = any ? 0 : fruitless + 1;
  }
  return waiting.empty();
}

// Whatever comes through the tunnel. After that the socket keeps next to nothing.
bool HeldTunnels::take_reply(const Tunnel& tunnel) {
  pollfd readable{.fd = tunnel.socket.get(), .events = POLLIN, .revents = 0};
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kReplyPatience);
  if (::poll(&readable, 1, static_cast<int>(patience.count())) <= 0) return false;
  std::uint8_t first = 0;
  if (::recv(tunnel.socket.get(), &first, 1, 0) != 1 || first >> 4 != 6) return false;
  ::setsockopt(tunnel.socket.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
  return true;
}

std::vector<HeldTunnel> HeldTunnels::list() const {
  std::vector<HeldTunnel> list;
  for (const Tunnel& tunnel : tunnels_) list.push_back(tunnel.what);
  return list;
}

void HeldTunnels::keep(Duration time, int stop) {
  Instant now = linux_::read_clock().mono;
  const Instant end = now + time;
  schedule(now);
  while (now < end) {
    const Instant wake = std::min(end, deadlines_.next().value_or(end));
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(std::max(wake - now, Duration{}));
    pollfd stopped{.fd = stop, .events = POLLIN, .revents = 0};
    if (::poll(&stopped, 1, static_cast<int>(timeout.count())) > 0) return;
    now = linux_::read_clock().mono;
    send_due(now);
  }
}

// Spread over the interval, as those of independent clients are.
void HeldTunnels::schedule(Instant now) {
  for (std::size_t i = 0; i < tunnels_.size(); ++i) {
    const Duration interval = tunnels_[i].interval;
    const auto step = static_cast<std::int64_t>(i + 1);
    if (interval > Duration{}) deadlines_.set(i, now + interval * step / static_cast<std::int64_t>(tunnels_.size()));
  }
}

void HeldTunnels::send_due(Instant now) {
  while (const auto i = deadlines_.take_due(now)) {
    Tunnel& tunnel = tunnels_[*i];
    send_echo_request(tunnel);
    deadlines_.set(*i, now + tunnel.interval);
  }
}

void HeldTunnels::send_echo_request(Tunnel& tunnel) {
  const Bytes request = make_echo_request(tunnel.what.inner, tunnel.what.server_inner, tunnel.sequence++);
  static_cast<void>(::send(tunnel.socket.get(), request.data(), request.size(), 0));
}

}  // namespace tsp::load
