// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/orders.h"

#include <gmock/gmock.h>

#include "adapters/linux/datapath/utun/module_test_support.h"

namespace tsp::linux_::utun::test {
namespace orders_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OrdersTest : public testing::Test {
 protected:
  OrdersTest() {
    auto channel = std::make_unique<FakeChannel>(
        [this](ByteView request, std::uint32_t sequence) { return answer(request, sequence); });
    channel_ = channel.get();
    runner_.emplace(std::move(channel), [this](const TunnelSpec&) { return serves_; });
    runner_->aim(kTarget);
  }
  // Of the module; most tests change it.
  std::function<std::vector<Bytes>(ByteView, std::uint32_t)> answer = [](ByteView, std::uint32_t sequence) {
    return Pieces{acknowledgement(sequence, 0)};
  };
  void answer_all(int error, std::string_view words = {}) {
    answer = [error, words = std::string(words)](ByteView, std::uint32_t sequence) {
      return Pieces{acknowledgement(sequence, error, words)};
    };
  }
  DatapathDone run(DatapathOrder order) {
    auto done = runner_->run(std::vector{std::move(order)});
    EXPECT_EQ(done.size(), 1U);
    return done.front();
  }
  static InstallTunnel install(std::uint64_t number) {
    return {.op = {number}, .spec = bare_spec(number), .replaces = {}};
  }
  static RemoveTunnel remove(std::uint64_t number) { return {.op = {number}, .id = {number}, .unless_seen_since = {}}; }
  static std::vector<std::uint64_t> ops(const std::vector<DatapathDone>& done) {
    std::vector<std::uint64_t> out;
    for (const DatapathDone& one : done) out.push_back(one.op.value);
    return out;
  }
  static std::vector<DatapathStatus> statuses(const std::vector<DatapathDone>& done) {
    std::vector<DatapathStatus> out;
    for (const DatapathDone& one : done) out.push_back(one.status);
    return out;
  }
  std::vector<unsigned> commands() {
    std::vector<unsigned> out;
    for (const Bytes& request : channel_->requests()) out.push_back(command_of(request));
    return out;
  }
  static Bytes batch_answer(std::uint32_t sequence, std::uint32_t added, const Bytes& refusals = {}) {
    return generic(kTarget.family, 0, sequence, UTUN_CMD_TUNNEL_ADD_BATCH,
                   attribute(UTUN_A_ADDED, raw(added)) + refusals);
  }
  static Bytes refusal(std::uint32_t index, int error, std::string_view words) {
    return nest(UTUN_A_REFUSAL, attribute(UTUN_REFUSAL_A_INDEX, raw(index)) +
                                    attribute(UTUN_REFUSAL_A_ERROR, raw(static_cast<std::uint32_t>(error))) +
                                    attribute(UTUN_REFUSAL_A_MESSAGE, text(words)));
  }

  FakeChannel* channel_ = nullptr;
  std::optional<OrderRunner> runner_;
  bool serves_ = true;
};

TEST_F(OrdersTest, AnInstallationEndsAsTheModuleSays) {
  EXPECT_EQ(run(install(1)).status, DatapathStatus::Done);
  answer_all(EEXIST, "another tunnel has this path");
  const DatapathDone conflict = run(install(1));
  EXPECT_EQ(conflict.status, DatapathStatus::Conflict);
  EXPECT_THAT(conflict.detail, HasSubstr("another tunnel has this path"));
  for (const int error : {EINVAL, ENOMEM, EPERM, ENOENT, EBUSY, ENOBUFS, EOPNOTSUPP}) {
    answer_all(error);
    const DatapathDone failed = run(install(1));
    EXPECT_EQ(failed.status, DatapathStatus::Failed) << error;
    EXPECT_THAT(failed.detail, HasSubstr(std::strerror(error)));
  }
}

TEST_F(OrdersTest, ARemovalEndsAsTheModuleSays) {
  EXPECT_EQ(run(remove(1)).status, DatapathStatus::Done);
  answer_all(ENOENT, "no such tunnel");
  EXPECT_EQ(run(remove(1)).status, DatapathStatus::Done) << "it is not there any more";
  answer_all(EBUSY, "the tunnel has been used since");
  EXPECT_EQ(run(remove(1)).status, DatapathStatus::Refused);
  for (const int error : {EINVAL, EPERM, EEXIST, ENOBUFS}) {
    answer_all(error);
    EXPECT_EQ(run(remove(1)).status, DatapathStatus::Failed) << error;
  }
}

TEST_F(OrdersTest, WhatIsNotServedNeverReachesTheModule) {
  serves_ = false;
  EXPECT_EQ(run(install(1)).status, DatapathStatus::Failed);
  serves_ = true;
  InstallTunnel odd = install(1);
  odd.spec.type = TunnelType::V4V6;
  EXPECT_THAT(run(odd).detail, HasSubstr("no socket serves 10.0.0.1"));
  InstallTunnel greedy = install(1);
  greedy.replaces.resize(kReplacesMax + 1);
  EXPECT_THAT(run(greedy).detail, HasSubstr("at most 64"));
  EXPECT_THAT(channel_->requests(), IsEmpty());
}

TEST_F(OrdersTest, NeighboursOfOneKindGoTogetherAndTheOrderStays) {
  answer = [](ByteView request, std::uint32_t sequence) {
    return Pieces{command_of(request) == UTUN_CMD_TUNNEL_ADD_BATCH ? batch_answer(sequence, 3)
                                                                   : acknowledgement(sequence, 0)};
  };

  const auto done =
      runner_->run(std::vector<DatapathOrder>{install(1), install(2), install(3), remove(4), remove(5), install(6)});

  EXPECT_THAT(ops(done), ElementsAre(1U, 2U, 3U, 4U, 5U, 6U));
  for (const DatapathDone& one : done) EXPECT_EQ(one.status, DatapathStatus::Done);
  EXPECT_THAT(commands(),
              ElementsAre(UTUN_CMD_TUNNEL_ADD_BATCH, UTUN_CMD_TUNNEL_DEL, UTUN_CMD_TUNNEL_DEL, UTUN_CMD_TUNNEL_ADD));
  EXPECT_EQ(channel_->sends(), 3U);
}

TEST_F(OrdersTest, EachOfABatchHasItsOwnEnd) {
  answer = [](ByteView, std::uint32_t sequence) {
    return Pieces{batch_answer(sequence, 1, refusal(0, EEXIST, "taken") + refusal(2, ENOMEM, ""))};
  };

  const auto done = runner_->run(std::vector<DatapathOrder>{install(1), install(2), install(3)});

  EXPECT_THAT(statuses(done), ElementsAre(DatapathStatus::Conflict, DatapathStatus::Done, DatapathStatus::Failed));
  EXPECT_THAT(done[0].detail, HasSubstr("taken"));
}

TEST_F(OrdersTest, WhatABatchDoesNotTellIsAskedForSingly) {
  answer = [](ByteView request, std::uint32_t sequence) {
    if (command_of(request) == UTUN_CMD_TUNNEL_ADD_BATCH) {
      return Pieces{batch_answer(sequence, 1, refusal(0, EEXIST, "taken"))};
    }
    const Bytes given = linux_::test::unnumbered(Bytes(request.begin(), request.end()));
    const bool second = given == add_tunnel(kTarget, install(2));
    return Pieces{acknowledgement(sequence, second ? ENOMEM : 0)};
  };

  const auto done = runner_->run(std::vector<DatapathOrder>{install(1), install(2), install(3)});

  EXPECT_THAT(statuses(done), ElementsAre(DatapathStatus::Conflict, DatapathStatus::Failed, DatapathStatus::Done));
  EXPECT_THAT(commands(), ElementsAre(UTUN_CMD_TUNNEL_ADD_BATCH, UTUN_CMD_TUNNEL_ADD, UTUN_CMD_TUNNEL_ADD));
}

TEST_F(OrdersTest, ATunnelThatIsNotUnderstoodSpoilsNoOther) {
  answer = [](ByteView request, std::uint32_t sequence) {
    return Pieces{acknowledgement(sequence, command_of(request) == UTUN_CMD_TUNNEL_ADD_BATCH ? EINVAL : 0)};
  };
  const auto done = runner_->run(std::vector<DatapathOrder>{install(1), install(2)});
  EXPECT_THAT(statuses(done), ElementsAre(DatapathStatus::Done, DatapathStatus::Done));
}

TEST_F(OrdersTest, ManyInstallationsAreSeveralBatches) {
  std::vector<DatapathOrder> orders;
  for (std::uint64_t i = 1; i <= 2 * kBatchMax + 1; ++i) orders.emplace_back(install(i));
  answer = [](ByteView request, std::uint32_t sequence) {
    return Pieces{command_of(request) == UTUN_CMD_TUNNEL_ADD_BATCH ? batch_answer(sequence, kBatchMax)
                                                                   : acknowledgement(sequence, 0)};
  };

  const auto done = runner_->run(orders);

  EXPECT_EQ(done.size(), orders.size());
  for (const DatapathDone& one : done) EXPECT_EQ(one.status, DatapathStatus::Done);
  EXPECT_THAT(commands(), ElementsAre(UTUN_CMD_TUNNEL_ADD_BATCH, UTUN_CMD_TUNNEL_ADD_BATCH, UTUN_CMD_TUNNEL_ADD));
}

TEST_F(OrdersTest, AListHasAllTunnelsButThatOfTheSelfTest) {
  answer = [](ByteView, std::uint32_t sequence) {
    return Pieces{told_tunnel(sequence, udp_attributes(), NLM_F_MULTI) +
                      told_tunnel(sequence, bare_attributes(kProbeTunnel.value), NLM_F_MULTI),
                  told_tunnel(sequence, bare_attributes(), NLM_F_MULTI), linux_::test::end_of_dump(sequence)};
  };

  const DatapathDone done = run(ListTunnels{.op = {8}});

  EXPECT_EQ(done.op, OpId{8});
  EXPECT_EQ(done.status, DatapathStatus::Done);
  EXPECT_THAT(done.tunnels, ElementsAre(udp_spec(), bare_spec()));
}

TEST_F(OrdersTest, AListThatIsCutShortOrCannotBeReadFails) {
  answer = [](ByteView, std::uint32_t sequence) {
    return Pieces{told_tunnel(sequence, udp_attributes(), NLM_F_MULTI)};
  };
  const DatapathDone cut = run(ListTunnels{.op = {8}});
  EXPECT_EQ(cut.status, DatapathStatus::Failed);
  EXPECT_THAT(cut.tunnels, IsEmpty());
  answer = [](ByteView, std::uint32_t sequence) {
    return Pieces{told_tunnel(sequence, number64(UTUN_TUNNEL_A_ID, 4), NLM_F_MULTI),
                  linux_::test::end_of_dump(sequence)};
  };
  EXPECT_EQ(run(ListTunnels{.op = {8}}).status, DatapathStatus::Failed);
}

TEST_F(OrdersTest, UsageLeavesOutWhatIsNotThere) {
  answer = [this](ByteView, std::uint32_t sequence) {
    if (channel_->requests().size() == 2) return Pieces{acknowledgement(sequence, ENOENT, "no such tunnel")};
    return Pieces{told_tunnel(sequence, bare_attributes(channel_->requests().size()) + usage_attributes(7'000))};
  };

  const DatapathDone done = run(QueryUsage{.op = {8}, .ids = {{1}, {2}, {3}}});

  EXPECT_EQ(done.status, DatapathStatus::Done);
  ASSERT_EQ(done.usages.size(), 2U);
  EXPECT_EQ(done.usages[0].id, TunnelId{1});
  EXPECT_EQ(done.usages[0].last_seen, Instant{Duration(7'000)});
  EXPECT_EQ(done.usages[1].id, TunnelId{3});
  EXPECT_EQ(channel_->sends(), 1U);
  EXPECT_EQ(run(QueryUsage{.op = {9}, .ids = {}}).status, DatapathStatus::Done);
}

TEST_F(OrdersTest, UsageThatCannotBeToldFails) {
  answer_all(ENOBUFS);
  const DatapathDone done = run(QueryUsage{.op = {8}, .ids = {{1}}});
  EXPECT_EQ(done.status, DatapathStatus::Failed);
  EXPECT_THAT(done.usages, IsEmpty());
}

TEST_F(OrdersTest, ADeviceThatIsGoneIsNoticed) {
  EXPECT_EQ(run(install(1)).status, DatapathStatus::Done);
  EXPECT_FALSE(runner_->device_is_gone());
  answer_all(ENODEV);

  const auto done = runner_->run(std::vector<DatapathOrder>{install(1), install(2)});

  EXPECT_THAT(statuses(done), ElementsAre(DatapathStatus::Failed, DatapathStatus::Failed));
  EXPECT_TRUE(runner_->device_is_gone());
  EXPECT_EQ(channel_->requests().size(), 2U) << "nothing is asked of it singly";
  for (const DatapathOrder& order : std::vector<DatapathOrder>{remove(1), ListTunnels{}, QueryUsage{{}, {{1}}}}) {
    EXPECT_EQ(run(order).status, DatapathStatus::Failed);
    EXPECT_TRUE(runner_->device_is_gone());
  }
}

TEST_F(OrdersTest, WithoutADeviceEveryOrderFailsAtOnce) {
  runner_->aim(std::nullopt);
  const auto done = runner_->run(std::vector<DatapathOrder>{install(1), remove(2), ListTunnels{.op = {3}}});
  EXPECT_THAT(ops(done), ElementsAre(1U, 2U, 3U));
  for (const DatapathDone& one : done) EXPECT_EQ(one.status, DatapathStatus::Failed);
  EXPECT_THAT(channel_->requests(), IsEmpty());
}

}  // namespace orders_test
}  // namespace tsp::linux_::utun::test
