// SPDX-License-Identifier: Apache-2.0
//
// A datapath in a network namespace of its own; its clients have loopback addresses.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <tsp/datapath.h>
#include <asio/io_context.hpp>

#include "adapters/linux/datapath/test_peers.h"
#include "adapters/linux/datapath/tun/tun_datapath.h"
#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/route_socket.h"
#include "adapters/linux/netlink/test_namespace.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::linux_::test {

using dataplane::DropReason;
using dataplane::test::address;
using dataplane::test::prefix;

inline Endpoint broker_endpoint(std::uint8_t last_octet = 1) {
  return make_endpoint({{127, 0, 0, last_octet}}, 3653);
}
inline Endpoint client_endpoint(std::uint8_t number, std::uint16_t port = 40'000) {
  return make_endpoint({{127, 0, 1, number}}, port);
}
inline const IPv6Address kServer = address("2001:db8:1::1");
inline const IPv6Address kOutside = address("2001:db8:ffff::1");  // somewhere in the Internet

// IPv4 inside IPv6.
inline const port::InnerPool kIPv4Pool{dataplane::test::ipv4_prefix("10.64.0.0/10"),
                                       dataplane::test::ipv4("10.64.0.1")};
inline const IPv6Address kIPv4Outside = dataplane::test::ipv4("203.0.113.80");
inline const IPv6Address kOuterBroker = address("2001:db8:b::1");
inline Endpoint outer_client(std::uint8_t number, std::uint16_t port = 0) {
  Endpoint client{address("2001:db8:c::"), port};
  client.address.octets[15] = number;
  return client;
}

struct SignallingDatagram {
  FourTuple path;
  Bytes payload;
};

class TunWorldTest : public NamespaceTest {
 protected:
  static TunOptions default_options() {
    return {.device = "tsp0",
            .listen = {make_endpoint({}, 3653)},
            .workers = 1,
            .device_mtu = 1472,
            .pool = prefix("2001:db8:1::/48"),
            .server_address = kServer,
            .offloads = true};
  }
  // It listens on the address alone that clients contact: they are on the same host, where it would hear what they get.
  static TunOptions ipv4_options() {
    add_loopback_address(kOuterBroker);
    TunOptions options = default_options();
    options.listen.push_back({kOuterBroker, 3653});
    options.ipv4_pool = kIPv4Pool;
    return options;
  }
  std::expected<std::unique_ptr<TunDatapath>, std::string> try_open(const TunOptions& options) {
    return TunDatapath::open(
        options, io_, [this](port::Datapath::Report report) { reports_.push_back(std::move(report)); },
        [this](const FourTuple& path, ByteView payload) {
          signalling_.push_back({path, Bytes(payload.begin(), payload.end())});
        });
  }
  void open(const TunOptions& options = default_options()) {
    auto opened = try_open(options);
    ASSERT_TRUE(opened) << opened.error();
    datapath_ = std::move(*opened);
  }

  // Lets the main thread work until the condition holds; false if it does not within some seconds.
  template <class Condition>
  [[nodiscard]] bool wait_for(const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  [[nodiscard]] bool wait_for_drops(DropReason reason, std::uint64_t count) {
    return wait_for([&] { return datapath_->counters().dropped(reason) >= count; });
  }
  [[nodiscard]] DatapathDone complete(DatapathOrder order) {
    datapath_->submit(std::move(order));
    DatapathDone done;
    EXPECT_TRUE(wait_for([&] { return take_completion(done); }));
    return done;
  }
  // A tunnel of the client: number `number` of the pool's hosts.
  TunnelSpec install(const TestClient& client, std::uint8_t number, bool confirmed = true, std::uint16_t mtu = 1280) {
    TunnelSpec spec{.id = {number},
                    .path = client.path(),
                    .inner = inner(number),
                    .delegated = {},
                    .server_address = kServer,
                    .mtu = mtu,
                    .confirmed = confirmed};
    EXPECT_EQ(complete(InstallTunnel{.op = {++last_op_}, .spec = spec, .replaces = {}}).status, DatapathStatus::Done);
    return spec;
  }
  // A v4v6 tunnel of the client: host `number` of the IPv4 pool.
  TunnelSpec install_ipv4(const TestClient& client, std::uint8_t number, std::uint16_t mtu = 1280) {
    TunnelSpec spec{.id = {number},
                    .type = TunnelType::V4V6,
                    .path = client.path(),
                    .inner = ipv4_inner(number),
                    .delegated = {},
                    .server_address = kIPv4Pool.server_address,
                    .mtu = mtu,
                    .confirmed = true};
    EXPECT_EQ(complete(InstallTunnel{.op = {++last_op_}, .spec = spec, .replaces = {}}).status, DatapathStatus::Done);
    return spec;
  }
  TunnelUsage usage(TunnelId id) {
    const DatapathDone done = complete(QueryUsage{.op = {++last_op_}, .ids = {id}});
    EXPECT_EQ(done.usages.size(), 1U);
    return done.usages.empty() ? TunnelUsage{} : done.usages.front();
  }
  static IPv6Address inner(std::uint8_t number) {
    IPv6Address result = address("2001:db8:1:1::");
    result.octets[15] = number;
    return result;
  }

  static IPv6Address ipv4_inner(std::uint8_t number) {
    IPv6Address result = dataplane::test::ipv4("10.64.1.0");
    result.octets[15] = number;
    return result;
  }

  asio::io_context io_;
  std::vector<port::Datapath::Report> reports_;
  std::vector<SignallingDatagram> signalling_;
  std::uint64_t last_op_ = 0;
  std::unique_ptr<TunDatapath> datapath_;

 private:
  bool take_completion(DatapathDone& done) {
    for (auto report = reports_.begin(); report != reports_.end(); ++report) {
      if (const auto* found = std::get_if<DatapathDone>(&*report); found && found->op.value == last_op_) {
        done = *found;
        reports_.erase(report);
        return true;
      }
    }
    return false;
  }
};

// With a look at the host's devices and routes.
class RoutedTunWorldTest : public TunWorldTest {
 protected:
  void SetUp() override {
    TunWorldTest::SetUp();
    if (IsSkipped()) return;
    auto opened = RouteSocket::open();
    ASSERT_TRUE(opened);
    netlink_.emplace(std::move(*opened));
  }
  // Only those with our protocol number.
  std::vector<Route> routes(RouteFamily family = RouteFamily::IPv6) {
    auto all = list_routes(*netlink_, family);
    EXPECT_TRUE(all);
    std::erase_if(*all, [](const Route& route) { return route.protocol != kRouteProtocol; });
    return *all;
  }

  std::optional<RouteSocket> netlink_;
};

}  // namespace tsp::linux_::test
