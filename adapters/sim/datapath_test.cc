// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/datapath.h"

#include <gtest/gtest.h>

#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::sim {
namespace datapath_test {

using dataplane::test::address;
using dataplane::test::prefix;
using std::chrono::seconds;

// A world that consists of a datapath and a clock.
class SimHarness final : public port::DatapathHarness {
 public:
  explicit SimHarness(TunnelType type = TunnelType::V6UdpV4) : type_(type) {}

  TunnelType type() override { return type_; }
  port::Datapath& datapath() override { return datapath_; }
  port::DatapathReports& reports() override { return reports_; }
  DatapathDone wait(OpId op) override {
    now_ = now_ + seconds(1);
    datapath_.report(op);
    auto done = reports_.take(op);
    if (!done) ADD_FAILURE() << "no completion of order " << op.value;
    return done.value_or(DatapathDone{});
  }
  Instant now() override { return now_; }
  FourTuple path(unsigned client, unsigned port) override {
    if (type_ == TunnelType::V4V6) {
      Endpoint remote{address("2001:db8:c::"), 0};
      dataplane::put16(remote.address.octets, 12, client);
      dataplane::put16(remote.address.octets, 14, port);
      return {remote, {broker_, 0}};
    }
    return {make_endpoint({{198, 51, 100, static_cast<std::uint8_t>(client)}}, static_cast<std::uint16_t>(4000 + port)),
            make_endpoint({{192, 0, 2, 1}}, 3653)};
  }
  FourTuple signalling_path() override {
    if (type_ != TunnelType::V4V6) return path(0, 0);
    return {{address("2001:db8:c::"), 4000}, {broker_, 3653}};
  }
  IPv6Prefix pool() override { return type_ == TunnelType::V4V6 ? ipv4_pool_.prefix : pool_.prefix; }
  IPv6Address server_address() override {
    return type_ == TunnelType::V4V6 ? ipv4_pool_.server_address : pool_.server_address;
  }
  void send_outer(const FourTuple& path, ByteView payload) override { datapath_.receive(path, payload); }
  void send_inner(ByteView packet) override { datapath_.route(packet); }
  port::Observed settle() override { return std::exchange(observed_, {}); }
  std::uint64_t dropped(dataplane::DropReason reason) override { return datapath_.dropped(reason); }

  SimDatapath& sim() { return datapath_; }

 private:
  static Bytes copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

  const IPv6Address broker_ = address("2001:db8:b::1");
  const port::InnerPool pool_{prefix("2001:db8:1::/48"), address("2001:db8:1::1")};
  const port::InnerPool ipv4_pool_{dataplane::test::ipv4_prefix("10.64.0.0/10"), dataplane::test::ipv4("10.64.0.1")};
  const TunnelType type_;
  Instant now_{seconds(1000)};
  port::DatapathReports reports_;
  port::Observed observed_;
  SimDatapath datapath_{
      {.pool = pool_.prefix, .server_address = pool_.server_address, .ipv4_pool = ipv4_pool_},
      {.clock = [this] { return now_; },
       .to_client = [this](const FourTuple& path,
                           ByteView payload) { observed_.to_clients.push_back({path, copy_of(payload)}); },
       .to_host = [this](const FourTuple*, ByteView packet) { observed_.to_host.push_back(copy_of(packet)); },
       .signalling = [this](const FourTuple& path,
                            ByteView payload) { observed_.signalling.push_back({path, copy_of(payload)}); }},
      [this](port::Datapath::Report report) { reports_.add(std::move(report)); }};
};

std::unique_ptr<port::DatapathHarness> make_sim_harness() {
  return std::make_unique<SimHarness>();
}
std::unique_ptr<port::DatapathHarness> make_ipv4_sim_harness() {
  return std::make_unique<SimHarness>(TunnelType::V4V6);
}

}  // namespace datapath_test
}  // namespace tsp::sim

namespace tsp::port {
namespace datapath_test {

INSTANTIATE_TEST_SUITE_P(Sim, DatapathContract, testing::Values(&sim::datapath_test::make_sim_harness));
INSTANTIATE_TEST_SUITE_P(SimIPv4, DatapathContract, testing::Values(&sim::datapath_test::make_ipv4_sim_harness));
INSTANTIATE_TEST_SUITE_P(SimIPv4, IPv4DatapathContract, testing::Values(&sim::datapath_test::make_ipv4_sim_harness));

}  // namespace datapath_test
}  // namespace tsp::port

namespace tsp::sim {
namespace datapath_test {

class SimDatapathFaults : public testing::Test {
 protected:
  TunnelSpec spec(std::uint64_t number = 1) {
    TunnelSpec spec;
    spec.id = TunnelId{number};
    spec.path = harness_.path(static_cast<unsigned>(number), 0);
    spec.inner = address("2001:db8:1:1::");
    spec.inner.octets[15] = static_cast<std::uint8_t>(number);
    spec.server_address = harness_.server_address();
    return spec;
  }
  void submit_install(std::uint64_t op, const TunnelSpec& spec) { datapath_.submit(InstallTunnel{OpId{op}, spec, {}}); }
  DatapathStatus status_of(std::uint64_t op) {
    const auto done = harness_.reports().take(OpId{op});
    EXPECT_TRUE(done);
    return done ? done->status : DatapathStatus::Refused;
  }

  SimHarness harness_;
  SimDatapath& datapath_ = harness_.sim();
};

TEST_F(SimDatapathFaults, NothingIsReportedOrDoneBeforeTheWorldSaysSo) {
  submit_install(1, spec());
  EXPECT_EQ(datapath_.waiting(), std::vector{OpId{1}});
  EXPECT_EQ(datapath_.tunnels().size(), 0U);
  EXPECT_EQ(harness_.reports().completions_left(), 0U);
}

TEST_F(SimDatapathFaults, AnOrderMayBeDoneLongBeforeItIsReported) {
  submit_install(1, spec());

  EXPECT_TRUE(datapath_.execute(OpId{1}));

  EXPECT_EQ(datapath_.tunnels().size(), 1U);
  EXPECT_EQ(harness_.reports().completions_left(), 0U);
  EXPECT_TRUE(datapath_.report(OpId{1}));
  EXPECT_EQ(status_of(1), DatapathStatus::Done);
}

TEST_F(SimDatapathFaults, OrdersAreCarriedOutInTheirOrder) {
  submit_install(1, spec());
  datapath_.submit(RemoveTunnel{OpId{2}, spec().id, std::nullopt});

  EXPECT_TRUE(datapath_.report(OpId{2}));
  EXPECT_TRUE(datapath_.step());

  EXPECT_EQ(datapath_.tunnels().size(), 0U);
  EXPECT_EQ(status_of(2), DatapathStatus::Done);
  EXPECT_EQ(status_of(1), DatapathStatus::Done);
  EXPECT_FALSE(datapath_.step());
}

TEST_F(SimDatapathFaults, AFailedOrderChangesNothing) {
  datapath_.inject(DatapathFault::Failed, 1);
  submit_install(1, spec());
  submit_install(2, spec(2));

  while (datapath_.step()) {
  }

  EXPECT_EQ(status_of(1), DatapathStatus::Failed);
  EXPECT_EQ(status_of(2), DatapathStatus::Done);
  EXPECT_EQ(datapath_.tunnels().list(), std::vector{spec(2)});
}

TEST_F(SimDatapathFaults, AnOrderWhoseAnswerIsLostIsDone) {
  datapath_.inject(DatapathFault::FailedAfterDone, 1);
  submit_install(1, spec());

  EXPECT_TRUE(datapath_.step());

  EXPECT_EQ(status_of(1), DatapathStatus::Failed);
  EXPECT_EQ(datapath_.tunnels().size(), 1U);
}

TEST_F(SimDatapathFaults, AStalledDatapathAnswersOnceItIsWellAgain) {
  datapath_.inject(DatapathFault::Stalled);
  submit_install(1, spec());
  EXPECT_FALSE(datapath_.step());

  datapath_.inject(DatapathFault::None);

  EXPECT_TRUE(datapath_.step());
  EXPECT_EQ(status_of(1), DatapathStatus::Done);
}

TEST_F(SimDatapathFaults, ATunnelThatVanishesIsGoneWithoutAWord) {
  submit_install(1, spec());
  EXPECT_TRUE(datapath_.step());

  EXPECT_TRUE(datapath_.lose(spec().id));

  EXPECT_FALSE(datapath_.lose(spec().id));
  EXPECT_EQ(datapath_.tunnels().size(), 0U);
  EXPECT_EQ(harness_.reports().resets(), 0U);
}

TEST_F(SimDatapathFaults, AResetLosesEverythingAndSaysSo) {
  submit_install(1, spec());
  EXPECT_TRUE(datapath_.step());

  datapath_.reset();

  EXPECT_EQ(datapath_.tunnels().size(), 0U);
  EXPECT_EQ(harness_.reports().resets(), 1U);
}

TEST_F(SimDatapathFaults, OrdersOfADeadProcessAreForgotten) {
  submit_install(1, spec());

  datapath_.forget_orders();

  EXPECT_TRUE(datapath_.waiting().empty());
  EXPECT_FALSE(datapath_.report(OpId{1}));
  EXPECT_EQ(datapath_.tunnels().size(), 0U);
}

}  // namespace datapath_test
}  // namespace tsp::sim
