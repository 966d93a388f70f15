// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/swarm.h"

#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/linux/net/clock.h"
#include "core/base/assert.h"
#include "core/base/hex.h"
#include "core/client/session.h"
#include "tools/tsp-load/udp_client_socket.h"

namespace tsp::load {
namespace {

constexpr std::size_t kDatagramMax = 8192;
constexpr int kEventsMax = 256;

Seed fresh_seed() {
  Seed seed{};
  TSP_ASSERT(::getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()));
  return seed;
}

std::string hex(std::uint64_t number) {
  std::string text;
  for (unsigned shift = 64; shift > 0;) text += kHexDigits[number >> (shift -= 4) & 15];
  return text;
}

std::shared_ptr<const client::ClientConfig> config_of(const SwarmOptions& options, std::size_t number) {
  client::ClientConfig config;
  config.server = {to_text(options.server.ipv4()), options.server.port};
  config.type = RequestedType::V6UdpV4;
  config.mechanism = options.mechanism;
  if (options.mechanism != AuthMechanism::Anonymous) {
    config.login = options.login_prefix + std::to_string(number);
    config.password = options.password;
  }
  return std::make_shared<const client::ClientConfig>(std::move(config));
}

}  // namespace

struct Swarm::Client {
  std::size_t number;
  Instant begun;
  ClientSocket socket;
  client::ClientSession session;
};

Swarm::Swarm(SwarmOptions options, Sink sink)
    : options_(std::move(options)),
      sink_(std::move(sink)),
      random_(fresh_seed()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  TSP_ASSERT(options_.server.is_ipv4() && options_.concurrency > 0);
}

Swarm::~Swarm() = default;

std::expected<void, std::string> Swarm::run() {
  const Instant limit = linux_::read_clock().mono + options_.time_limit;
  while (true) {
    const Instant now = linux_::read_clock().mono;
    if (now < limit) {
      if (auto begun = begin_some(now); !begun) return begun;
    }
    const bool more = begun_ < options_.count && now < limit;
    if (clients_.empty() && !more) return {};
    if (now >= limit + kGrace) break;
    wait(now < limit ? limit : limit + kGrace);
    fire_timers();
  }
  while (!clients_.empty()) {
    const client::Failure failure{.kind = client::FailureKind::TimedOut, .detail = "the time is over", .redirect = {}};
    finish(*clients_.begin()->second, std::unexpected(failure), linux_::read_clock().mono);
  }
  return {};
}

std::expected<void, std::string> Swarm::begin_some(Instant now) {
  while (clients_.size() < options_.concurrency && begun_ < options_.count) {
    if (auto begun = begin(now); !begun) return begun;
  }
  return {};
}

std::expected<void, std::string> Swarm::begin(Instant now) {
  const std::size_t number = options_.first + begun_;
  auto socket = open_client_socket(source_address(options_.sources, number), options_.server);
  if (!socket) return std::unexpected(socket.error());
  epoll_event interest{.events = EPOLLIN, .data = {.u64 = number}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket->fd.get(), &interest);
  auto config = config_of(options_, number);
  client::SessionSetup setup{.config = config,
                             .server = config->server,
                             .transport = client::Transport::Udp,
                             .version = "2.0.2",
                             .local = socket->local.address,
                             .first_sequence = wire::Sequence(static_cast<std::uint32_t>(random_.next_u64())),
                             .cnonce = hex(random_.next_u64()) + hex(random_.next_u64())};
  auto client = std::make_unique<Client>(Client{.number = number,
                                                .begun = now,
                                                .socket = std::move(*socket),
                                                .session = client::ClientSession(std::move(setup), now)});
  Client& begun = *client;
  clients_.emplace(number, std::move(client));
  ++begun_;
  pump(begun, now);
  return {};
}

void Swarm::wait(Instant until) {
  const Instant wake = std::min(until, deadlines_.next().value_or(until));
  const Duration left = std::max(wake - linux_::read_clock().mono, Duration{});
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left);
  std::array<epoll_event, kEventsMax> events{};
  const int ready = ::epoll_wait(epoll_.get(), events.data(), kEventsMax, static_cast<int>(timeout.count()));
  for (int i = 0; i < ready; ++i) {
    // A copy: in this packed structure it lies where no reference may point.
    const std::uint64_t number = events[static_cast<std::size_t>(i)].data.u64;
    const auto client = clients_.find(number);
    if (client != clients_.end()) receive(*client->second);
  }
}

// One datagram: the client stops and waits, so there is hardly ever another.
void Swarm::receive(Client& client) {
  std::array<std::uint8_t, kDatagramMax> buffer;
  const ssize_t size = ::recv(client.socket.fd.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) return;  // an ICMP error, which is what retransmission is for
  const Instant now = linux_::read_clock().mono;
  client.session.receive(now, ByteView(buffer.data(), static_cast<std::size_t>(size)));
  pump(client, now);
}

void Swarm::fire_timers() {
  const Instant now = linux_::read_clock().mono;
  while (const auto number = deadlines_.take_due(now)) {
    Client& client = *clients_.at(*number);
    client.session.advance(now);
    retransmissions_ += pump(client, now);
  }
}

std::size_t Swarm::pump(Client& client, Instant now) {
  std::size_t sent = 0;
  while (auto order = client.session.poll()) {
    if (const auto* send = std::get_if<client::SessionSend>(&*order)) {
      static_cast<void>(::send(client.socket.fd.get(), send->bytes.data(), send->bytes.size(), 0));
      ++sent;
    } else if (std::holds_alternative<client::SessionOffer>(*order)) {
      client.session.local_ready(now, std::nullopt);
    } else if (auto* established = std::get_if<client::SessionEstablished>(&*order)) {
      finish(client, std::move(established->offer), now);
      return sent;
    } else if (auto* failed = std::get_if<client::SessionFailed>(&*order)) {
      finish(client, std::unexpected(std::move(failed->failure)), now);
      return sent;
    }
  }
  if (const auto deadline = client.session.next_deadline()) {
    deadlines_.set(client.number, *deadline);
  } else {
    deadlines_.clear(client.number);
  }
  return sent;
}

void Swarm::finish(Client& client, std::expected<Offer, client::Failure> result, Instant now) {
  deadlines_.clear(client.number);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, client.socket.fd.get(), nullptr);
  const auto entry = clients_.find(client.number);
  const std::unique_ptr<Client> over = std::move(entry->second);
  clients_.erase(entry);
  sink_(Outcome{.number = over->number,
                .took = now - over->begun,
                .local = over->socket.local,
                .result = std::move(result),
                .socket = std::move(over->socket.fd)});
}

}  // namespace tsp::load
