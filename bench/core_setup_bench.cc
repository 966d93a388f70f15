// SPDX-License-Identifier: Apache-2.0
//
// The whole core without a network: tunnels set up a second on one core, and memory a live tunnel, with a store and a
// datapath that complete at once. Only the broker's side is timed, in CPU time; clients prepare their messages outside.
#include <malloc.h>
#include <ctime>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/instant_world.h"
#include "core/client/session.h"

namespace tsp::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t kWave = 1000;  // clients that go through the dialogue side by side

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
  setup.local = map_ipv4(address_of(number));
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
}  // namespace tsp::bench
