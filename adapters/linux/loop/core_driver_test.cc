// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/core_driver.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>

#include "core/pool/layout.h"

namespace tsp::linux_ {
namespace core_driver_test {

using namespace std::chrono_literals;

class CoreDriverTest : public testing::Test {
 protected:
  CoreDriverTest()
      : driver_(io_, time_, config(), Seed{}, [this](Order order) { orders_.push_back(std::move(order)); }) {}

  static std::shared_ptr<const BrokerConfig> config() {
    auto out = std::make_shared<BrokerConfig>();
    out->realm = "tunnels.example";
    out->pool = *pool::derive_layout(*parse_prefix("2001:db8::/48"));
    out->dns_servers = {*parse_ipv6("2001:db8::53")};
    out->store_probe_interval = 1ms;
    return out;
  }

  // The first order of that kind; what comes before it is dropped.
  template <class T>
  std::optional<T> next_order() {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (std::chrono::steady_clock::now() < give_up) {
      while (!orders_.empty()) {
        const Order order = std::move(orders_.front());
        orders_.pop_front();
        if (const auto* found = std::get_if<T>(&order)) return *found;
      }
      io_.restart();
      io_.run_one_for(1ms);
    }
    return std::nullopt;
  }

  asio::io_context io_;
  HostTime time_{io_};
  std::deque<Order> orders_;
  CoreDriver driver_;
};

TEST_F(CoreDriverTest, StartCarriesOutTheFirstOrders) {
  driver_.start();

  const auto order = next_order<StoreOrder>();
  ASSERT_TRUE(order);
  EXPECT_TRUE(std::holds_alternative<LoadStore>(*order));
}

TEST_F(CoreDriverTest, FactIsAnsweredAtOnce) {
  driver_.start();
  driver_.handle(AdminRequest{RequestId{7}, StatusRequest{}});

  const auto reply = next_order<AdminReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->request, RequestId{7});
}

TEST_F(CoreDriverTest, DeadlineWakesTheCore) {
  driver_.start();
  const auto load = next_order<StoreOrder>();
  ASSERT_TRUE(load);
  driver_.handle(
      StoreDone{.op = std::get<LoadStore>(*load).op, .status = StoreStatus::Unavailable, .detail = "locked"});

  EXPECT_TRUE(next_order<StoreOrder>()) << "the store is tried again after a while, without another fact";
}

TEST_F(CoreDriverTest, StopEndsInStoppedWhenNothingIsInFlight) {
  driver_.start();
  const auto load = next_order<StoreOrder>();
  ASSERT_TRUE(load);
  driver_.handle(StopRequested{});
  driver_.handle(StoreDone{.op = std::get<LoadStore>(*load).op, .status = StoreStatus::Done, .detail = {}});
  const auto list = next_order<DatapathOrder>();
  ASSERT_TRUE(list);
  driver_.handle(DatapathDone{.op = std::get<ListTunnels>(*list).op, .detail = {}});

  EXPECT_TRUE(next_order<Stopped>());
}

}  // namespace core_driver_test
}  // namespace tsp::linux_
