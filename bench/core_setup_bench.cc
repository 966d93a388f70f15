// SPDX-License-Identifier: Apache-2.0
//
// The whole core without a network: tunnels set up a second on one core, and memory a live tunnel, with a store and a
// datapath that complete at once. Only the broker's side is timed, in CPU time; clients prepare their messages outside.
#include <malloc.h>
#include <ctime>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include <tsp/broker.h>

#include "core/auth/digest_md5.h"
#include "core/client/session.h"
#include "core/pool/layout.h"

namespace tsp {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr const char* kRealm = "tb.example.net";
constexpr const char* kPassword = "correct horse battery staple";
constexpr std::size_t kWave = 1000;  // clients that go through the dialogue side by side
constexpr Duration kBetweenMessages = microseconds(10);

std::string login_of(std::size_t number) {
  return "load" + std::to_string(number);
}

// A different host for each, over many networks, so that no rate limit is met.
IPv4Address address_of(std::size_t number) {
  const auto octet = [&](unsigned shift) { return static_cast<std::uint8_t>(number >> shift); };
  return {{10, octet(0), octet(8), octet(16)}};
}

std::size_t number_of(const IPv4Address& address) {
  const auto& octets = address.octets;
  return octets[1] | std::size_t{octets[2]} << 8 | std::size_t{octets[3]} << 16;
}

std::shared_ptr<const BrokerConfig> broker_config() {
  BrokerConfig config;
  config.realm = kRealm;
  config.pool = *pool::derive_layout(*parse_prefix("2001:db8::/32"));
  config.auth_anonymous = true;
  config.auth_plain = true;
  config.dns_servers = {*parse_ipv6("2001:db8:ffff::53")};
  return std::make_shared<const BrokerConfig>(config);
}

// Knows as many accounts as it is told to, and remembers the address of each.
class InstantStore {
 public:
  explicit InstantStore(std::size_t accounts) : records_(accounts) {
    for (std::size_t i = 0; i < accounts; ++i) {
      Account& account = records_[i].account;
      account.id = AccountId{i + 1};
      account.login = login_of(i);
      account.verifier = auth::make_verifier(account.login, kRealm, kPassword);
    }
  }

  StoreDone execute(const StoreOrder& order) {
    return std::visit([this](const auto& known) { return run(known); }, order);
  }

 private:
  StoreDone run(const FindAccount& order) const {
    StoreDone done{.op = order.op};
    const std::size_t number = std::strtoull(order.login.c_str() + 4, nullptr, 10);
    if (number < records_.size()) done.accounts.push_back(records_[number]);
    return done;
  }
  StoreDone run(const CommitChanges& order) {
    for (const StoreChange& change : order.changes) {
      const auto* put = std::get_if<PutClaim>(&change);
      if (put == nullptr || put->claim.owner == kAnonymous) continue;
      records_[put->claim.owner.value - 1].address = put->claim;
    }
    return {.op = order.op};
  }
  template <class Other>
  static StoreDone run(const Other& order) {
    return {.op = order.op};
  }

  std::vector<AccountRecord> records_;
};

// The broker with its surroundings, and one inbox for each client.
class World {
 public:
  World(std::size_t clients, std::size_t accounts)
      : store_(accounts), inboxes_(clients), broker_(broker_config(), Seed{1, 2, 3}, now_) {
    execute_orders();
  }

  void send(std::size_t client, const Bytes& datagram) {
    now_.mono = now_.mono + kBetweenMessages;
    now_.wall = now_.wall + kBetweenMessages;
    broker_.handle(now_, DatagramArrived{{make_endpoint(address_of(client), port_), local_}, datagram});
    execute_orders();
    benchmark::DoNotOptimize(broker_.next_deadline());
  }

  void pass(Duration time) {
    now_.mono = now_.mono + time;
    now_.wall = now_.wall + time;
    broker_.advance(now_);
    execute_orders();
  }

  // As clients do that begin anew: from then on their datagrams come from other ports.
  void change_ports() { ++port_; }

  [[nodiscard]] std::optional<Bytes> take_reply(std::size_t client) {
    return std::exchange(inboxes_[client], std::nullopt);
  }
  [[nodiscard]] Instant now() const { return now_.mono; }
  [[nodiscard]] StatusView status() const { return broker_.status(); }

 private:
  void execute_orders() {
    while (auto order = broker_.poll()) {
      if (auto* datagram = std::get_if<SendDatagram>(&*order)) {
        inboxes_[number_of(datagram->path.remote.ipv4())] = std::move(datagram->payload);
      } else if (const auto* stored = std::get_if<StoreOrder>(&*order)) {
        broker_.handle(now_, store_.execute(*stored));
      } else if (const auto* forwarded = std::get_if<DatapathOrder>(&*order)) {
        const OpId op = std::visit([](const auto& known) { return known.op; }, *forwarded);
        broker_.handle(now_, DatapathDone{.op = op});
      }
    }
  }

  std::uint16_t port_ = 61000;
  Endpoint local_ = make_endpoint({{192, 0, 2, 1}}, 3653);
  Now now_{Instant{seconds(1000)}, WallTime{seconds(1'700'000'000)}};
  InstantStore store_;
  std::vector<std::optional<Bytes>> inboxes_;
  Broker broker_;
};

std::unique_ptr<client::ClientSession> make_client(std::size_t number, AuthMechanism mechanism, Instant now) {
  client::ClientConfig config;
  config.server = {"tb.example.net", 3653};
  config.type = RequestedType::V6UdpV4;
  config.mechanism = mechanism;
  config.login = login_of(number);
  config.password = kPassword;
  client::SessionSetup setup;
  setup.config = std::make_shared<const client::ClientConfig>(config);
  setup.server = config.server;
  setup.version = "2.0.2";
  setup.local = address_of(number);
  setup.first_sequence = wire::Sequence(static_cast<std::uint32_t>(number));
  setup.cnonce = "1700000000";
  return std::make_unique<client::ClientSession>(std::move(setup), now);
}

// What the client wants to send next; none if it has its tunnel.
std::optional<Bytes> next_message(client::ClientSession& client, Instant now) {
  while (auto order = client.poll()) {
    if (auto* send = std::get_if<client::SessionSend>(&*order)) return std::move(send->bytes);
    if (std::holds_alternative<client::SessionOffer>(*order)) client.local_ready(now, std::nullopt);
  }
  return std::nullopt;
}

class CpuTimer {
 public:
  void start() { started_ = read(); }
  void stop() { total_ += read() - started_; }
  [[nodiscard]] double seconds() const { return static_cast<double>(total_) * 1e-9; }

 private:
  static std::int64_t read() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
  }
  std::int64_t started_ = 0;
  std::int64_t total_ = 0;
};

// The clients [first, first + kWave) go through the whole dialogue. False if one of them gets no tunnel.
bool set_up_wave(World& world, std::size_t first, AuthMechanism mechanism, CpuTimer& timer) {
  std::vector<std::unique_ptr<client::ClientSession>> clients;
  for (std::size_t i = 0; i < kWave; ++i) clients.push_back(make_client(first + i, mechanism, world.now()));
  std::vector<std::pair<std::size_t, Bytes>> messages;
  do {
    messages.clear();
    for (std::size_t i = 0; i < kWave; ++i) {
      if (const auto reply = world.take_reply(first + i)) clients[i]->receive(world.now(), *reply);
      if (auto message = next_message(*clients[i], world.now())) messages.emplace_back(first + i, std::move(*message));
    }
    timer.start();
    for (const auto& [client, message] : messages) world.send(client, message);
    timer.stop();
  } while (!messages.empty());
  for (const auto& client : clients) {
    if (!client->established()) return false;
  }
  return true;
}

bool set_up_all(World& world, std::size_t tunnels, AuthMechanism mechanism, CpuTimer& timer) {
  for (std::size_t first = 0; first < tunnels; first += kWave) {
    if (!set_up_wave(world, first, mechanism, timer)) return false;
  }
  return world.status().counters.tunnels_now == tunnels;
}

std::size_t accounts_for(AuthMechanism mechanism, std::size_t tunnels) {
  return mechanism == AuthMechanism::Anonymous ? 0 : tunnels;
}

// `again`: the accounts come a second time, and the new tunnels take the places of their old ones.
void set_up(benchmark::State& state, AuthMechanism mechanism, bool again) {
  const auto tunnels = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    World world(tunnels, accounts_for(mechanism, tunnels));
    CpuTimer first_time;
    CpuTimer second_time;
    bool complete = set_up_all(world, tunnels, mechanism, first_time);
    if (again) {
      world.pass(seconds(60));
      world.change_ports();
      complete = complete && set_up_all(world, tunnels, mechanism, second_time);
    }
    if (!complete) {
      state.SkipWithError("not every client got its tunnel");
      return;
    }
    state.SetIterationTime(again ? second_time.seconds() : first_time.seconds());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(tunnels) * state.iterations());
}

// All clients have fallen silent, and their time is over.
void idle_end(benchmark::State& state) {
  const auto tunnels = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    World world(tunnels, tunnels);
    CpuTimer set_up_time;
    CpuTimer timer;
    if (!set_up_all(world, tunnels, AuthMechanism::DigestMd5, set_up_time)) {
      state.SkipWithError("not every client got its tunnel");
      return;
    }
    timer.start();
    world.pass(seconds(121));
    while (world.status().counters.tunnels_now > 0) world.pass(microseconds(1));
    timer.stop();
    state.SetIterationTime(timer.seconds());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(tunnels) * state.iterations());
}

void register_set_up(const char* name, AuthMechanism mechanism, bool again) {
  benchmark::RegisterBenchmark(name, set_up, mechanism, again)
      ->ArgName("tunnels")
      ->Arg(1'000)
      ->Arg(20'000)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

std::size_t heap_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Of the core alone: what the store and the datapath keep is not in it.
void memory(benchmark::State& state, AuthMechanism mechanism) {
  const auto tunnels = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    World world(tunnels, accounts_for(mechanism, tunnels));
    const std::size_t empty = heap_bytes();
    CpuTimer timer;
    if (!set_up_all(world, tunnels, mechanism, timer)) {
      state.SkipWithError("not every client got its tunnel");
      return;
    }
    state.counters["bytes_per_tunnel"] = static_cast<double>(heap_bytes() - empty) / static_cast<double>(tunnels);
  }
}

const bool kRegistered = [] {
  register_set_up("set_up/anonymous", AuthMechanism::Anonymous, false);
  register_set_up("set_up/digest_md5", AuthMechanism::DigestMd5, false);
  register_set_up("set_up/digest_md5_again", AuthMechanism::DigestMd5, true);
  register_set_up("set_up/plain", AuthMechanism::Plain, false);
  return true;
}();
BENCHMARK(idle_end)->ArgName("tunnels")->Arg(20'000)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(memory, anonymous, AuthMechanism::Anonymous)->ArgName("tunnels")->Arg(20'000)->Iterations(1);
BENCHMARK_CAPTURE(memory, digest_md5, AuthMechanism::DigestMd5)->ArgName("tunnels")->Arg(20'000)->Iterations(1);

}  // namespace
}  // namespace tsp
