// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/requester.h"

#include <gmock/gmock.h>

#include "adapters/linux/netlink/channel_test_support.h"

namespace tsp::linux_::test {
namespace requester_test {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr unsigned kType = 100;

class RequesterTest : public testing::Test {
 protected:
  void answer_with(FakeChannel::Kernel kernel) {
    auto channel = std::make_unique<FakeChannel>(std::move(kernel));
    channel_ = channel.get();
    requester_.emplace(std::move(channel));
  }
  static Bytes request(std::uint8_t content = 0) { return message(kType, NLM_F_REQUEST, 0, Bytes{content}); }
  NetlinkAnswer dump() {
    return requester_->dump(
        request(), [this] { collected_.clear(); },
        [this](ByteView message) { collected_.emplace_back(message.begin() + 16, message.end()); });
  }

  FakeChannel* channel_ = nullptr;
  std::optional<NetlinkRequester> requester_;
  std::vector<Bytes> collected_;
};

TEST_F(RequesterTest, EachRequestHasItsAnswerWhateverTheOrder) {
  std::vector<Bytes> held;
  answer_with([&](ByteView, std::uint32_t sequence) -> Pieces {
    if (held.empty()) {
      held.push_back(acknowledgement(sequence, EBUSY, "in use"));
      return {};
    }
    return {message(kType, 0, sequence, Bytes{7}), held.front()};
  });

  const auto answers = requester_->exchange_all({request(), request()});

  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0], (NetlinkAnswer{.error = EBUSY, .text = "in use"}));
  EXPECT_EQ(answers[1].error, 0);
  EXPECT_EQ(answers[1].message.back(), 7);
  EXPECT_EQ(channel_->sends(), 1U);
}

TEST_F(RequesterTest, RequestsArePaddedAndNumbered) {
  answer_with([](ByteView, std::uint32_t sequence) { return Pieces{acknowledgement(sequence, 0)}; });

  const auto answers = requester_->exchange_all({request(1), request(2)});

  EXPECT_EQ(answers, (std::vector<NetlinkAnswer>(2)));
  ASSERT_EQ(channel_->requests().size(), 2U);
  EXPECT_EQ(unnumbered(channel_->requests()[1]), request(2));
  EXPECT_EQ(header_of(channel_->requests()[1]).nlmsg_seq, header_of(channel_->requests()[0]).nlmsg_seq + 1);
}

TEST_F(RequesterTest, ManyRequestsAreSentInPartsThatFit) {
  answer_with([](ByteView, std::uint32_t sequence) { return Pieces{acknowledgement(sequence, 0)}; });

  const auto answers = requester_->exchange_all(std::vector<Bytes>(200, request()));

  EXPECT_EQ(answers, (std::vector<NetlinkAnswer>(200)));
  EXPECT_EQ(channel_->sends(), 4U);
}

TEST_F(RequesterTest, TheKernelsWordsStandBehindARequestThatItSendsBack) {
  answer_with([](ByteView whole, std::uint32_t sequence) {
    const Bytes body = raw(std::int32_t{-EINVAL}) + pad(Bytes(whole.begin(), whole.end())) +
                       attribute(NLMSGERR_ATTR_MSG, text("so not"));
    return Pieces{message(NLMSG_ERROR, NLM_F_ACK_TLVS, sequence, body)};
  });

  EXPECT_EQ(requester_->exchange(request()), (NetlinkAnswer{.error = EINVAL, .text = "so not"}));
}

TEST_F(RequesterTest, WhatIsOfAnEarlierRequestIsNotTakenForThisOnes) {
  answer_with([](ByteView, std::uint32_t sequence) {
    return Pieces{acknowledgement(sequence - 1, EPERM), acknowledgement(sequence + 1, EPERM),
                  acknowledgement(sequence, ENOENT)};
  });
  EXPECT_EQ(requester_->exchange(request()).error, ENOENT);
}

TEST_F(RequesterTest, WhatTheKernelLeavesUnansweredHasTheErrorOfTheSocket) {
  answer_with([this](ByteView, std::uint32_t sequence) -> Pieces {
    if (channel_->requests().size() == 1) return {acknowledgement(sequence, 0)};
    if (channel_->requests().size() == 3) channel_->push_error(ENOBUFS);
    return {};
  });

  const auto answers = requester_->exchange_all({request(), request(), request()});

  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].error, 0);
  EXPECT_EQ(answers[1].error, ENOBUFS);
  EXPECT_EQ(answers[2].error, ENOBUFS);
}

TEST_F(RequesterTest, AnAnswerThatIsCutShortIsAnError) {
  answer_with([](ByteView, std::uint32_t sequence) { return Pieces{message(NLMSG_ERROR, 0, sequence, {1, 2})}; });
  EXPECT_EQ(requester_->exchange(request()).error, EBADMSG);
}

TEST_F(RequesterTest, ADumpIsReadToItsEnd) {
  answer_with([](ByteView, std::uint32_t sequence) {
    return Pieces{
        message(kType, NLM_F_MULTI, sequence, Bytes(4, 1)) + message(kType, NLM_F_MULTI, sequence, Bytes(4, 2)),
        message(kType, NLM_F_MULTI, sequence, Bytes(4, 3)), end_of_dump(sequence)};
  });

  EXPECT_EQ(dump(), NetlinkAnswer{});

  EXPECT_THAT(collected_, ElementsAre(Bytes(4, 1), Bytes(4, 2), Bytes(4, 3)));
}

TEST_F(RequesterTest, ADumpThatWasInterruptedIsBegunAgain) {
  answer_with([this](ByteView, std::uint32_t sequence) {
    const unsigned flags = channel_->sends() == 1 ? NLM_F_MULTI | NLM_F_DUMP_INTR : NLM_F_MULTI;
    return Pieces{message(kType, flags, sequence, Bytes(4, 1)), end_of_dump(sequence)};
  });

  EXPECT_EQ(dump(), NetlinkAnswer{});

  EXPECT_EQ(channel_->sends(), 2U);
  EXPECT_EQ(collected_.size(), 1U);
}

TEST_F(RequesterTest, ADumpThatFailsSaysSo) {
  answer_with([](ByteView, std::uint32_t sequence) { return Pieces{acknowledgement(sequence, ENODEV, "gone")}; });
  EXPECT_EQ(dump(), (NetlinkAnswer{.error = ENODEV, .text = "gone"}));
  answer_with([](ByteView, std::uint32_t sequence) { return Pieces{end_of_dump(sequence, ENOMEM)}; });
  EXPECT_EQ(dump().error, ENOMEM);
  answer_with([](ByteView, std::uint32_t) { return Pieces{}; });
  EXPECT_EQ(dump().error, EAGAIN);
}

TEST_F(RequesterTest, BytesThatAreNoMessageEndThePiece) {
  int count = 0;
  const auto each = [&](const nlmsghdr&, ByteView) { ++count; };
  for_each_message(message(kType, 0, 1, {}) + Bytes(7, 0xFF), each);
  EXPECT_EQ(count, 1);
  for_each_message(raw(std::uint32_t{1000}) + Bytes(12), each);
  EXPECT_EQ(count, 1);
}

TEST(NetlinkAnswer, IsTextForPeople) {
  EXPECT_EQ(to_text(NetlinkAnswer{.error = EBUSY}), "Device or resource busy");
  EXPECT_EQ(to_text(NetlinkAnswer{.error = EBUSY, .text = "in use"}), "in use (Device or resource busy)");
}

// The kernel itself.
TEST(NetlinkSocket, AsksTheKernel) {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  ASSERT_TRUE(socket) << socket.error();
  NetlinkRequester requester(std::move(*socket));
  constexpr unsigned kGetLink = 18;
  int links = 0;

  const NetlinkAnswer answer = requester.dump(
      message(kGetLink, NLM_F_REQUEST | NLM_F_DUMP, 0, Bytes(16)), [&] { links = 0; }, [&](ByteView) { ++links; });

  EXPECT_EQ(answer, NetlinkAnswer{});
  EXPECT_GE(links, 1);
  EXPECT_NE(requester.port(), 0U);
  EXPECT_NE(requester.exchange(message(0xFFF, NLM_F_REQUEST | NLM_F_ACK, 0, Bytes(16))).error, 0);
}

}  // namespace requester_test
}  // namespace tsp::linux_::test
