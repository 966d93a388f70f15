// SPDX-License-Identifier: Apache-2.0
//
// What giving out addresses and prefixes costs with few and with many of them given out: it must grow like a logarithm.
#include <benchmark/benchmark.h>

#include "core/pool/layout.h"
#include "core/pool/pool.h"

namespace tsp::pool {
namespace {

const IPv6Prefix kPrefix = *parse_prefix("2001:db8::/32");

Pool pool_with_hosts(std::int64_t count, Random& random) {
  Pool pool(*derive_layout(kPrefix));
  for (std::int64_t i = 0; i < count; ++i) pool.claim(host_prefix(*pool.choose_host(random)));
  return pool;
}

// Every other one is released again, so that free space is in pieces.
Pool pool_with_delegations(std::int64_t count) {
  Pool pool(*derive_layout(kPrefix));
  std::vector<IPv6Prefix> odd;
  for (std::int64_t i = 0; i < 2 * count; ++i) {
    const IPv6Prefix prefix = *pool.choose_delegation(56);
    pool.claim(prefix);
    if (i % 2 != 0) odd.push_back(prefix);
  }
  for (const IPv6Prefix& prefix : odd) pool.release(prefix);
  return pool;
}

void claim_and_release_a_host(benchmark::State& state) {
  Random random(Seed{1});
  Pool pool = pool_with_hosts(state.range(0), random);
  for (auto _ : state) {
    const IPv6Prefix host = host_prefix(*pool.choose_host(random));
    pool.claim(host);
    pool.release(host);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(claim_and_release_a_host)->RangeMultiplier(10)->Range(1000, 1'000'000);

void claim_and_release_a_delegation(benchmark::State& state) {
  Pool pool = pool_with_delegations(state.range(0));
  for (auto _ : state) {
    const IPv6Prefix prefix = *pool.choose_delegation(60);
    pool.claim(prefix);
    pool.release(prefix);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(claim_and_release_a_delegation)->RangeMultiplier(10)->Range(1000, 100'000);

// As when a broker starts: the store's claims, in order.
void load_claims(benchmark::State& state) {
  Random random(Seed{2});
  std::set<IPv6Prefix> claims;
  const Pool pool(*derive_layout(kPrefix));
  while (claims.size() < static_cast<std::size_t>(state.range(0))) {
    claims.insert(host_prefix(*pool.choose_host(random)));
  }
  for (auto _ : state) {
    Pool loaded(*derive_layout(kPrefix));
    for (const IPv6Prefix& claim : claims) loaded.claim(claim);
    benchmark::DoNotOptimize(loaded.claims());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(load_claims)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tsp::pool
