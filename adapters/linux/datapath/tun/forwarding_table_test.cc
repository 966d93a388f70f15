// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/forwarding_table.h"

#include <gmock/gmock.h>

#include <thread>

#include "adapters/linux/datapath/tun/rcu.h"
#include "core/base/random.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/dataplane/tunnel_table.h"

namespace tsp::linux_ {
namespace forwarding_table_test {

using dataplane::test::address;
using dataplane::test::prefix;
using testing::ElementsAre;

constexpr Instant kNow{std::chrono::seconds(100)};

// Tunnel `number` with an address and a path of that number.
TunnelSpec make_spec(std::uint16_t number) {
  TunnelSpec spec{
      .id = {number},
      .path = {.remote = make_endpoint({{192, 0, 2, 1}}, number), .local = make_endpoint({{10, 0, 0, 1}}, 3653)},
      .inner = address("2001:db8:1:1::"),
      .delegated = {},
      .server_address = address("2001:db8:1::1")};
  spec.inner.octets[14] = static_cast<std::uint8_t>(number >> 8);
  spec.inner.octets[15] = static_cast<std::uint8_t>(number);
  return spec;
}

class ForwardingTableTest : public testing::Test {
 protected:
  ForwardingTableTest() { register_rcu_thread(); }

  DatapathStatus install(const TunnelSpec& spec, const std::vector<TunnelId>& replaces = {}) {
    return table_.install(spec, replaces, 0, kNow);
  }
  std::uint64_t id_by_path(const FourTuple& path) const {
    const RcuReadSection section;
    const Tunnel* tunnel = table_.find_by_path(path);
    return tunnel == nullptr ? 0 : tunnel->spec.id.value;
  }
  std::uint64_t id_by_inner(const IPv6Address& inner) const {
    const RcuReadSection section;
    const Tunnel* tunnel = table_.find_by_inner(inner);
    return tunnel == nullptr ? 0 : tunnel->spec.id.value;
  }

  ForwardingTable table_;
};

TEST_F(ForwardingTableTest, ATunnelIsFoundByPathAddressAndPrefix) {
  TunnelSpec spec = make_spec(7);
  spec.delegated = prefix("2001:db8:1:700::/56");

  EXPECT_EQ(install(spec), DatapathStatus::Done);

  EXPECT_EQ(id_by_path(spec.path), 7U);
  EXPECT_EQ(id_by_inner(spec.inner), 7U);
  EXPECT_EQ(id_by_inner(address("2001:db8:1:7ff::1")), 7U);
  EXPECT_EQ(id_by_inner(address("2001:db8:1:800::1")), 0U);
}

TEST_F(ForwardingTableTest, TheLongestPrefixWins) {
  TunnelSpec wide = make_spec(1);
  wide.delegated = prefix("2001:db8:1::/48");
  TunnelSpec narrow = make_spec(2);
  narrow.delegated = prefix("2001:db8:1:700::/56");

  EXPECT_EQ(install(wide), DatapathStatus::Done);
  EXPECT_EQ(install(narrow), DatapathStatus::Done);

  EXPECT_EQ(id_by_inner(address("2001:db8:1:7ff::1")), 2U);
  EXPECT_EQ(id_by_inner(address("2001:db8:1:8ff::1")), 1U);
  EXPECT_EQ(id_by_inner(narrow.inner), 2U);
}

TEST_F(ForwardingTableTest, WhatIsRemovedIsNotFound) {
  TunnelSpec spec = make_spec(7);
  spec.delegated = prefix("2001:db8:1:700::/56");
  EXPECT_EQ(install(spec), DatapathStatus::Done);

  table_.remove(spec.id);

  EXPECT_EQ(id_by_path(spec.path), 0U);
  EXPECT_EQ(id_by_inner(spec.inner), 0U);
  EXPECT_EQ(id_by_inner(spec.delegated->base), 0U);
  EXPECT_THAT(table_.list(), testing::IsEmpty());
}

TEST_F(ForwardingTableTest, AConflictChangesNothing) {
  const TunnelSpec first = make_spec(1);
  TunnelSpec second = make_spec(2);
  second.inner = first.inner;
  EXPECT_EQ(install(first), DatapathStatus::Done);

  EXPECT_EQ(install(second), DatapathStatus::Conflict);

  EXPECT_EQ(id_by_inner(first.inner), 1U);
  EXPECT_EQ(id_by_path(second.path), 0U);
  EXPECT_THAT(table_.list(), ElementsAre(first));
}

TEST_F(ForwardingTableTest, ReplacingMovesTheAddressToTheNewPath) {
  const TunnelSpec before = make_spec(1);
  TunnelSpec after = make_spec(2);
  after.inner = before.inner;
  EXPECT_EQ(install(before), DatapathStatus::Done);

  EXPECT_EQ(install(after, {before.id}), DatapathStatus::Done);

  EXPECT_EQ(id_by_inner(before.inner), 2U);
  EXPECT_EQ(id_by_path(after.path), 2U);
  EXPECT_EQ(id_by_path(before.path), 0U);
}

TEST_F(ForwardingTableTest, InstallingTheSameAgainKeepsItsCounters) {
  const TunnelSpec spec = make_spec(1);
  EXPECT_EQ(install(spec), DatapathStatus::Done);
  table_.find(spec.id)->count_up(3, 300);

  EXPECT_EQ(install(spec), DatapathStatus::Done);

  EXPECT_EQ(table_.find(spec.id)->usage().packets_up, 3U);
  EXPECT_EQ(table_.find(spec.id)->usage().bytes_up, 300U);
}

TEST_F(ForwardingTableTest, InstallingTheSameAgainStillRemovesWhatItReplaces) {
  const TunnelSpec stays = make_spec(1);
  const TunnelSpec goes = make_spec(2);
  EXPECT_EQ(install(stays), DatapathStatus::Done);
  EXPECT_EQ(install(goes), DatapathStatus::Done);

  EXPECT_EQ(install(stays, {goes.id, goes.id}), DatapathStatus::Done);

  EXPECT_EQ(id_by_path(goes.path), 0U);
  EXPECT_EQ(id_by_path(stays.path), 1U);
}

TEST_F(ForwardingTableTest, ConfirmationIsListedAndNeverTakenBack) {
  TunnelSpec spec = make_spec(1);
  EXPECT_EQ(install(spec), DatapathStatus::Done);
  EXPECT_FALSE(table_.list().front().confirmed);

  table_.find(spec.id)->confirmed = true;
  EXPECT_EQ(install(spec), DatapathStatus::Done);

  EXPECT_TRUE(table_.list().front().confirmed);
}

TEST_F(ForwardingTableTest, AReaderAlwaysFindsTheAddressWhileItMovesFromPathToPath) {
  TunnelSpec spec = make_spec(1);
  spec.delegated = prefix("2001:db8:1:700::/56");
  EXPECT_EQ(install(spec), DatapathStatus::Done);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> misses{0};
  std::atomic<std::uint64_t> lookups{0};
  std::thread reader([&] {
    register_rcu_thread();
    while (!stop) {
      const RcuReadSection section;
      if (table_.find_by_inner(spec.inner) == nullptr) ++misses;
      if (table_.find_by_inner(spec.delegated->base) == nullptr) ++misses;
      ++lookups;
    }
  });

  for (std::uint16_t number = 2; number < 5000 || lookups < 1000; ++number) {
    const TunnelId before = spec.id;
    spec.id = {number};
    spec.path = make_spec(number).path;
    // The prefix length changes as well, so that lengths come and go.
    spec.delegated->length = static_cast<std::uint8_t>(56 + number % 2 * 8);
    ASSERT_EQ(install(spec, {before}), DatapathStatus::Done);
  }
  stop = true;
  reader.join();

  EXPECT_EQ(misses, 0U);
}

TEST_F(ForwardingTableTest, AgreesWithThePlainTableOnManyTunnels) {
  dataplane::TunnelTable plain;
  for (std::uint16_t number = 1; number <= 3000; ++number) {
    const TunnelSpec spec = make_spec(number);
    EXPECT_EQ(install(spec), plain.install(spec, {}));
    if (number % 3 == 0) {
      table_.remove({static_cast<std::uint64_t>(number / 2)});
      plain.remove({static_cast<std::uint64_t>(number / 2)});
    }
  }

  EXPECT_EQ(table_.list(), plain.list());
  for (std::uint16_t number = 1; number <= 3000; ++number) {
    const TunnelSpec spec = make_spec(number);
    const std::uint64_t expected = plain.find(spec.id) != nullptr ? number : 0;
    ASSERT_EQ(id_by_path(spec.path), expected);
    ASSERT_EQ(id_by_inner(spec.inner), expected);
  }
}

// A tunnel whose id, path, address and prefix are each one of a few, so that most are in another's way.
TunnelSpec draw_spec(Random& random) {
  const auto few = [&] { return static_cast<std::uint16_t>(random.between(1, 12)); };
  TunnelSpec spec = make_spec(few());
  spec.path = make_spec(few()).path;
  spec.inner = make_spec(few()).inner;
  spec.confirmed = random.chance(1, 4);
  if (random.chance(1, 2)) {
    spec.delegated = prefix("2001:db8:1:8000::/56");
    spec.delegated->base.octets[7] = static_cast<std::uint8_t>(few() << 4);
    if (random.chance(1, 2)) spec.delegated->length = 60;
    spec.delegated = make_prefix(spec.delegated->base, spec.delegated->length);
  }
  return spec;
}

TEST_F(ForwardingTableTest, AgreesWithThePlainTableWhenTunnelsAreInEachOthersWay) {
  Random random(Seed{1});
  dataplane::TunnelTable plain;
  std::size_t installed = 0;
  std::size_t conflicts = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random.chance(1, 8)) {
      const TunnelId id{random.between(1, 12)};
      table_.remove(id);
      plain.remove(id);
    }
    const TunnelSpec spec = draw_spec(random);
    std::vector<TunnelId> replaces(random.below(4));
    for (TunnelId& id : replaces) id = TunnelId{random.between(1, 12)};

    const DatapathStatus status = install(spec, replaces);

    ASSERT_EQ(status, plain.install(spec, replaces)) << "step " << step;
    ASSERT_EQ(table_.list(), plain.list()) << "step " << step;
    ++(status == DatapathStatus::Done ? installed : conflicts);
  }
  EXPECT_GT(installed, 1000U);
  EXPECT_GT(conflicts, 1000U);
}

}  // namespace forwarding_table_test
}  // namespace tsp::linux_
