// SPDX-License-Identifier: Apache-2.0
//
// The SQLite store: durable commits a second by the number in flight and by the delay of the disk, and the time to
// load. The file is made in TMPDIR; results mean something on a real disk only, not on a tmpfs.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "adapters/linux/store/sqlite/sqlite_store.h"

namespace tsp {
namespace {

using linux_::SqliteOptions;
using linux_::SqliteStore;

class TemporaryStoreFile {
 public:
  TemporaryStoreFile() {
    std::string pattern = std::filesystem::temp_directory_path() / "tsp-bench-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
  }
  ~TemporaryStoreFile() { std::filesystem::remove_all(directory_); }
  TemporaryStoreFile(const TemporaryStoreFile&) = delete;
  TemporaryStoreFile& operator=(const TemporaryStoreFile&) = delete;

  [[nodiscard]] std::string path() const { return directory_ / "tspd.db"; }

 private:
  std::filesystem::path directory_;
};

std::unique_ptr<SqliteStore> open_store(const TemporaryStoreFile& file, std::chrono::milliseconds commit_delay,
                                        port::Store::Sink sink) {
  SqliteOptions options;
  options.path = file.path();
  options.realm = "broker.example";
  options.commit_delay = commit_delay;
  auto opened = SqliteStore::open(options, std::move(sink));
  if (!opened) std::abort();
  return std::move(*opened);
}

// Spread over the addresses of a /64 as those of real leases are.
IPv6Address address_of(std::uint64_t number) {
  IPv6Address address{{0x20, 0x01, 0x0d, 0xb8}};
  std::uint64_t scattered = number * 0x9E3779B97F4A7C15ULL;
  for (std::size_t i = 8; i < 16; ++i) {
    address.octets[i] = static_cast<std::uint8_t>(scattered >> 56);
    scattered <<= 8;
  }
  return address;
}

// What becoming a live tunnel costs the store.
std::vector<StoreChange> accept_of(std::uint64_t number) {
  Claim claim;
  claim.prefix = host_prefix(address_of(number));
  claim.owner = {number};
  claim.broker = {1};
  TunnelRecord tunnel;
  tunnel.id = {number};
  tunnel.account = {number};
  tunnel.broker = {1};
  tunnel.path = {make_endpoint({{192, 0, 2, 7}}, 61000), make_endpoint({{198, 51, 100, 1}}, 3653)};
  tunnel.inner = claim.prefix.base;
  return {PutClaim{claim}, PutTunnel{tunnel}};
}

void commits(benchmark::State& state) {
  const auto in_flight = state.range(0);
  const std::chrono::milliseconds delay(state.range(1));
  const TemporaryStoreFile file;
  std::counting_semaphore<> free(in_flight);
  std::uint64_t number = 0;
  {
    const auto store = open_store(file, delay, [&](const StoreDone& done) {
      if (done.status != StoreStatus::Done) std::abort();
      free.release();
    });
    for (auto _ : state) {
      free.acquire();
      ++number;
      store->submit(CommitChanges{{number}, accept_of(number)});
    }
    for (auto i = 0; i < in_flight; ++i) free.acquire();
    state.counters["commits_per_transaction"] =
        static_cast<double>(number) / static_cast<double>(store->transactions());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
}
BENCHMARK(commits)
    ->ArgNames({"in_flight", "delay_ms"})
    ->ArgsProduct({{1, 64, 1024}, {0, 10}})
    ->MinTime(3)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void fill(const TemporaryStoreFile& file, std::uint64_t leases) {
  const auto store = open_store(file, {}, [](const StoreDone&) {});
  for (std::uint64_t number = 1; number <= leases;) {
    CommitChanges order;
    for (; order.changes.size() < 2000 && number <= leases; ++number) {
      for (StoreChange& change : accept_of(number)) order.changes.push_back(std::move(change));
    }
    store->submit(std::move(order));
  }
}

// Opening, loading, closing: what a start spends on the store.
void load(benchmark::State& state) {
  const auto leases = static_cast<std::uint64_t>(state.range(0));
  const TemporaryStoreFile file;
  fill(file, leases);
  for (auto _ : state) {
    std::promise<StoreDone> loaded;
    const auto store = open_store(file, {}, [&](StoreDone done) { loaded.set_value(std::move(done)); });
    store->submit(LoadStore{{1}, {1}});
    const StoreDone done = loaded.get_future().get();
    if (done.snapshot.claims.size() != leases || done.snapshot.tunnels.size() != leases) std::abort();
  }
}
BENCHMARK(load)->ArgName("leases")->Arg(100'000)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

void find_account(benchmark::State& state) {
  const TemporaryStoreFile file;
  std::binary_semaphore answered(0);
  const auto store = open_store(file, {}, [&](const StoreDone&) { answered.release(); });
  Account account;
  account.id = {1};
  account.login = "alice";
  store->submit(CommitChanges{{1}, {AddAccount{account}}});
  answered.acquire();
  for (auto _ : state) {
    store->submit(FindAccount{{2}, "alice"});
    answered.acquire();
  }
}
BENCHMARK(find_account)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tsp
