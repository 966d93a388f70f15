// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/report_queue.h"

#include <gmock/gmock.h>
#include <poll.h>

namespace tsp::linux_ {
namespace report_queue_test {

using testing::ElementsAre;

const FourTuple kPath{.remote = make_endpoint({{192, 0, 2, 1}}, 4000), .local = make_endpoint({{10, 0, 0, 1}}, 3653)};

class ReportQueueTest : public testing::Test {
 protected:
  static constexpr ReportLimits kLimits{.datagrams = 3, .datagram_bytes = 100, .confirmations = 2};

  bool add(std::size_t size) { return queue_.add_datagram(kPath, Bytes(size, 0xF0)); }
  bool signalled() const {
    pollfd event{.fd = queue_.event(), .events = POLLIN, .revents = 0};
    return poll(&event, 1, 0) == 1;
  }
  ReportBatch take() {
    ReportBatch batch;
    queue_.take(batch);
    return batch;
  }

  ReportQueue queue_{*ReportQueue::make_event(), kLimits};
};

TEST_F(ReportQueueTest, DatagramsComeInTheirOrderWithTheirBytes) {
  const Bytes first{0xF1, 2, 3};
  const Bytes second{0xF4};
  EXPECT_TRUE(queue_.add_datagram(kPath, first));
  EXPECT_TRUE(queue_.add_datagram(kPath, second));

  const ReportBatch batch = take();

  ASSERT_EQ(batch.datagrams.size(), 2U);
  EXPECT_EQ(batch.datagrams[0].path, kPath);
  EXPECT_THAT(batch.payload(batch.datagrams[0]), ElementsAre(0xF1, 2, 3));
  EXPECT_THAT(batch.payload(batch.datagrams[1]), ElementsAre(0xF4));
}

TEST_F(ReportQueueTest, TheNumberOfDatagramsIsBounded) {
  EXPECT_TRUE(add(1));
  EXPECT_TRUE(add(1));
  EXPECT_TRUE(add(1));
  EXPECT_FALSE(add(1));

  EXPECT_EQ(take().datagrams.size(), 3U);
  EXPECT_TRUE(add(1));
}

TEST_F(ReportQueueTest, TheirBytesAreBounded) {
  EXPECT_TRUE(add(60));
  EXPECT_FALSE(add(41));
  EXPECT_TRUE(add(40));
}

TEST_F(ReportQueueTest, LostConfirmationsAreReportedAsSuch) {
  queue_.add_confirmed({1});
  queue_.add_confirmed({2});
  EXPECT_FALSE(take().confirmations_lost);
  queue_.add_confirmed({3});
  queue_.add_confirmed({4});
  queue_.add_confirmed({5});

  const ReportBatch batch = take();

  EXPECT_THAT(batch.confirmed, ElementsAre(TunnelId{3}, TunnelId{4}));
  EXPECT_TRUE(batch.confirmations_lost);
}

TEST_F(ReportQueueTest, TheEventSaysWhetherThereIsSomethingToTake) {
  EXPECT_FALSE(signalled());
  queue_.add_confirmed({1});
  EXPECT_TRUE(signalled());
  EXPECT_TRUE(add(1));
  EXPECT_EQ(take().datagrams.size(), 1U);
  EXPECT_FALSE(signalled());
  EXPECT_TRUE(add(1));
  EXPECT_TRUE(signalled());
}

}  // namespace report_queue_test
}  // namespace tsp::linux_
