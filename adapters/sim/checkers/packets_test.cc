// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/packets.h"

#include "adapters/sim/checkers/checkers_test_world.h"
#include "adapters/sim/gogoc_client.h"

namespace tsp::sim {
namespace packets_test {

using testing::StartsWith;

const IPv6Address kElsewhere = *parse_ipv6("2001:db8:ffff::1");

class PacketsTest : public Watched<Packets> {
 protected:
  PacketsTest() {
    TunnelRecord tunnel = record_of(1, kAnonymous, kPath, kInner);
    tunnel.delegated = kPrefix;
    establish(tunnel);
  }

  static Bytes packet(const IPv6Address& from, const IPv6Address& to) { return make_echo_request(from, to, 1); }
  void forward(const FourTuple* path, const Bytes& bytes) {
    truth.on_inner_to_host(path, bytes);
    checker.on_inner_to_host(path, bytes);
  }
  void confirm() { arrive(kPath, packet(kInner, kElsewhere)); }
};

TEST_F(PacketsTest, WhatIsForTheClientMayLeaveAndNothingElse) {
  confirm();
  leave(kPath, packet(kElsewhere, kInner));
  leave(kPath, packet(kElsewhere, make_prefix(kPrefix.base, 64).base));
  EXPECT_EQ(found(), "nothing");
  leave(kPath, packet(kElsewhere, kOtherInner));
  EXPECT_THAT(found(), StartsWith("invariant 14,"));
}

TEST_F(PacketsTest, APacketOnAPathWithoutATunnelIsFound) {
  confirm();
  leave(kOtherPath, packet(kElsewhere, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 14,"));
}

TEST_F(PacketsTest, APacketForATunnelThatWasRemovedIsFound) {
  confirm();
  execute(RemoveTunnel{.id = TunnelId{1}});
  leave(kPath, packet(kElsewhere, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 14,"));
}

TEST_F(PacketsTest, AForeignSourceIsFound) {
  forward(&kPath, packet(kInner, kElsewhere));
  EXPECT_EQ(found(), "nothing");
  forward(&kPath, packet(kOtherInner, kElsewhere));
  EXPECT_THAT(found(), StartsWith("invariant 15,"));
}

TEST_F(PacketsTest, ADestinationThatIsNotRoutedIsFound) {
  forward(&kPath, packet(kInner, *parse_ipv6("ff0e::1")));
  EXPECT_THAT(found(), StartsWith("invariant 15,"));
}

TEST_F(PacketsTest, WhatTheDatapathInventsIsFound) {
  forward(nullptr, packet(kElsewhere, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 15,"));
}

TEST_F(PacketsTest, APacketToAnEndpointThatProvedNothingIsFound) {
  arrive(kPath, packet(kOtherInner, kElsewhere));
  leave(kPath, packet(kElsewhere, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 15,"));
}

TEST_F(PacketsTest, TwoTunnelsOnOnePathAreFound) {
  TunnelRecord other = record_of(2, kAnonymous, kPath, kOtherInner);
  record(other);
  truth.on_datapath(InstallTunnel{.spec = spec_of(other)}, DatapathStatus::Done);
  checker.on_datapath(InstallTunnel{.spec = spec_of(other)}, DatapathStatus::Done);
  EXPECT_THAT(found(), StartsWith("invariant 16,"));
}

TEST_F(PacketsTest, ATunnelThatWasLostIsInNobodysWay) {
  world.datapath().lose(TunnelId{1});
  const TunnelRecord other = record_of(2, kAnonymous, kPath, kOtherInner);
  establish(other);
  EXPECT_EQ(found(), "nothing");
}

TEST_F(PacketsTest, AConfirmationWithoutEvidenceIsFound) {
  TunnelRecord tunnel = record_of(2, kAlice, kOtherPath, kOtherInner);
  tunnel.confirmed = true;
  log_in(kOtherPath);
  EXPECT_EQ(found(), "nothing");
  record(tunnel);
  EXPECT_THAT(found(), StartsWith("invariant 16,"));
}

TEST_F(PacketsTest, ADigestExchangeAndAPacketAreEvidence) {
  TunnelRecord tunnel = record_of(2, kAlice, kOtherPath, kOtherInner);
  tunnel.confirmed = true;
  converse(kOtherPath, 0xF2, "dXNlcm5hbWU9ImFsaWNlIixyZWFsbT0iYnJva2VyLmV4YW1wbGUi\r\n",
           "cnNwYXV0aD03MGQ1Y2FiYzkyMzU1NjhiZTM4MGJhMmM5MDczODFmZQ==");
  record(tunnel);
  confirm();
  TunnelRecord first = record_of(1, kAnonymous, kPath, kInner);
  first.delegated = kPrefix;
  first.confirmed = true;
  record(first);
  EXPECT_EQ(found(), "nothing");
}

TEST_F(PacketsTest, APacketAboveTheMtuIsFound) {
  confirm();
  Bytes large = packet(kElsewhere, kInner);
  large.resize(1280);
  leave(kPath, large);
  EXPECT_EQ(found(), "nothing");
  large.resize(1281);
  leave(kPath, large);
  EXPECT_THAT(found(), StartsWith("invariant 17,"));
}

}  // namespace packets_test
}  // namespace tsp::sim
