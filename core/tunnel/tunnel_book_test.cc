// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/tunnel_book.h"

#include <gtest/gtest.h>

namespace tsp::tunnel {
namespace tunnel_book_test {

constexpr AccountId kAlice{7};

FourTuple path_from_port(std::uint16_t port) {
  return {make_endpoint(IPv4Address{{198, 51, 100, 7}}, port), make_endpoint(IPv4Address{{192, 0, 2, 1}}, 3653)};
}

Tunnel make_tunnel(std::uint64_t id, AccountId account, std::uint16_t port) {
  Tunnel tunnel;
  tunnel.record.id = TunnelId{id};
  tunnel.record.account = account;
  tunnel.record.path = path_from_port(port);
  return tunnel;
}

TEST(TunnelBook, AnInstallingTunnelServesNobodyYet) {
  TunnelBook book;
  book.add(make_tunnel(1, kAlice, 1000));
  EXPECT_EQ(book.by_account(kAlice), nullptr);
  EXPECT_EQ(book.by_path(path_from_port(1000)), nullptr);
  EXPECT_NE(book.find(TunnelId{1}), nullptr);
  book.check_invariants();
}

TEST(TunnelBook, AnActiveTunnelIsFoundByAccountAndPath) {
  TunnelBook book;
  Tunnel& tunnel = book.add(make_tunnel(1, kAlice, 1000));
  book.activate(tunnel);
  EXPECT_EQ(book.by_account(kAlice), &tunnel);
  EXPECT_EQ(book.by_path(path_from_port(1000)), &tunnel);
  book.check_invariants();
}

TEST(TunnelBook, OneTunnelCanBeInstalledBesideTheOneItReplaces) {
  TunnelBook book;
  book.activate(book.add(make_tunnel(1, kAlice, 1000)));
  Tunnel& younger = book.add(make_tunnel(2, kAlice, 2000));
  EXPECT_EQ(book.by_account(kAlice)->record.id, TunnelId{1});
  book.remove(TunnelId{1});
  book.activate(younger);
  EXPECT_EQ(book.by_account(kAlice)->record.id, TunnelId{2});
  EXPECT_EQ(book.by_path(path_from_port(1000)), nullptr);
  book.check_invariants();
}

TEST(TunnelBook, TunnelsAreCountedByTypeAndState) {
  using enum TunnelState;
  TunnelBook book;
  Tunnel protocol_41 = make_tunnel(2, AccountId{8}, 0);
  protocol_41.record.type = TunnelType::V6V4;
  Tunnel& first = book.add(make_tunnel(1, kAlice, 1000));
  Tunnel& second = book.add(protocol_41);
  EXPECT_EQ(book.count(TunnelType::V6UdpV4, Installing), 1U);
  EXPECT_EQ(book.count(TunnelType::V6V4, Installing), 1U);
  book.activate(first);
  book.activate(second);
  book.move_to(second, Removing);
  EXPECT_EQ(book.count(TunnelType::V6UdpV4, Installing), 0U);
  EXPECT_EQ(book.count(TunnelType::V6UdpV4, Active), 1U);
  EXPECT_EQ(book.count(TunnelType::V6V4, Removing), 1U);
  book.move_to(second, Active);
  EXPECT_EQ(book.count(TunnelType::V6V4, Active), 1U);
  book.remove(TunnelId{1});
  EXPECT_EQ(book.count(TunnelType::V6UdpV4, Active), 0U);
  EXPECT_EQ(book.count(TunnelType::V4V6, Active), 0U);
  book.check_invariants();
}

TEST(TunnelBook, RemovingAnInstallingTunnelLeavesTheOneInPlaceAlone) {
  TunnelBook book;
  book.activate(book.add(make_tunnel(1, kAlice, 1000)));
  book.add(make_tunnel(2, kAlice, 1000));
  book.remove(TunnelId{2});
  EXPECT_EQ(book.by_account(kAlice)->record.id, TunnelId{1});
  EXPECT_EQ(book.by_path(path_from_port(1000))->record.id, TunnelId{1});
  book.check_invariants();
}

TEST(TunnelBook, AnonymousTunnelsAreCountedBySourceFromTheBeginning) {
  TunnelBook book;
  const IPv6Address source = path_from_port(1).remote.address;
  book.add(make_tunnel(1, kAnonymous, 1000));
  book.activate(book.add(make_tunnel(2, kAnonymous, 2000)));
  EXPECT_EQ(book.anonymous_from(source), 2U);
  EXPECT_EQ(book.by_account(kAnonymous), nullptr);
  book.remove(TunnelId{1});
  book.remove(TunnelId{2});
  EXPECT_EQ(book.anonymous_from(source), 0U);
}

TEST(TunnelBook, TunnelsOfAllAccountsAreCountedBySource) {
  TunnelBook book;
  const IPv6Address source = path_from_port(1).remote.address;
  book.add(make_tunnel(1, kAnonymous, 1000));
  book.activate(book.add(make_tunnel(2, kAlice, 2000)));
  EXPECT_EQ(book.all_from(source), 2U);
  EXPECT_EQ(book.all_from(IPv6Address{}), 0U);
  book.check_invariants();
  book.remove(TunnelId{1});
  EXPECT_EQ(book.all_from(source), 1U);
  book.remove(TunnelId{2});
  EXPECT_EQ(book.all_from(source), 0U);
  book.check_invariants();
}

}  // namespace tunnel_book_test
}  // namespace tsp::tunnel
