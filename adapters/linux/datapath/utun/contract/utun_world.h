// SPDX-License-Identifier: Apache-2.0
//
// A datapath in the kernel, in a network namespace of its own; its clients have loopback addresses.
#pragma once

#include <linux/netlink.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <tsp/datapath.h>
#include <asio/io_context.hpp>

#include "adapters/linux/datapath/test_peers.h"
#include "adapters/linux/datapath/utun/device.h"
#include "adapters/linux/datapath/utun/orders.h"
#include "adapters/linux/datapath/utun/support.h"
#include "adapters/linux/datapath/utun/utun_datapath.h"
#include "adapters/linux/netlink/link.h"
#include "adapters/linux/netlink/test_namespace.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::linux_::test {

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

class UtunWorldTest : public NamespaceTest {
 protected:
  void SetUp() override {
    NamespaceTest::SetUp();
    if (IsSkipped()) return;
    const auto module = utun::find_module();
    if (!module) GTEST_SKIP() << module.error();
    family_ = *module;
    auto opened = RouteSocket::open();
    ASSERT_TRUE(opened);
    netlink_.emplace(std::move(*opened));
  }
  static UtunOptions default_options() {
    return {.device = "tsp0",
            .listen = {make_endpoint({}, 3653)},
            .device_mtu = 1472,
            .pool = prefix("2001:db8:1::/48"),
            .server_address = kServer};
  }
  std::expected<std::unique_ptr<UtunDatapath>, std::string> try_open(const UtunOptions& options) {
    return UtunDatapath::open(
        options, io_, [this](port::Datapath::Report report) { reports_.push_back(std::move(report)); },
        [this](const FourTuple&, ByteView payload) { signalling_.emplace_back(payload.begin(), payload.end()); });
  }
  void open(const UtunOptions& options = default_options()) {
    auto opened = try_open(options);
    ASSERT_TRUE(opened) << opened.error();
    datapath_ = std::move(*opened);
  }
  std::string error_of_open(const UtunOptions& options = default_options()) {
    const auto opened = try_open(options);
    return opened ? "no error" : opened.error();
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
  void work_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    EXPECT_TRUE(wait_for([&] { return std::chrono::steady_clock::now() > end; }));
  }
  [[nodiscard]] DatapathDone complete(DatapathOrder order) {
    datapath_->submit(std::move(order));
    std::optional<DatapathDone> done;
    EXPECT_TRUE(wait_for([&] {
      for (auto report = reports_.begin(); report != reports_.end() && !done; ++report) {
        if (auto* completion = std::get_if<DatapathDone>(&*report)) done = std::move(*completion);
        if (done) reports_.erase(report--);
      }
      return done.has_value();
    }));
    return done.value_or(DatapathDone{.status = DatapathStatus::Failed, .detail = {}, .tunnels = {}, .usages = {}});
  }
  static TunnelSpec spec_of(const FourTuple& path, std::uint8_t number, bool confirmed = true) {
    TunnelSpec spec{.id = {number}, .path = path, .inner = inner(number), .delegated = {}, .server_address = kServer};
    if (path.remote.port == 0) spec.type = TunnelType::V6V4;
    spec.confirmed = confirmed;
    return spec;
  }
  TunnelSpec install(const FourTuple& path, std::uint8_t number, bool confirmed = true) {
    const TunnelSpec spec = spec_of(path, number, confirmed);
    EXPECT_EQ(complete(InstallTunnel{.op = {1}, .spec = spec, .replaces = {}}).status, DatapathStatus::Done);
    return spec;
  }
  std::vector<TunnelSpec> list() { return complete(ListTunnels{.op = {2}}).tunnels; }
  static IPv6Address inner(std::uint8_t number) {
    IPv6Address result = address("2001:db8:1:1::");
    result.octets[15] = number;
    return result;
  }
  [[nodiscard]] std::size_t resets() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        reports_, [](const auto& report) { return std::holds_alternative<DatapathReset>(report); }));
  }
  std::optional<LinkState> device(const std::string& name = "tsp0") {
    const auto found = find_link(*netlink_, name);
    EXPECT_TRUE(found);
    return found ? *found : std::nullopt;
  }
  [[nodiscard]] utun::Target target() {
    return {.family = family_.number, .device = static_cast<std::uint32_t>(device()->index)};
  }
  // As another program would.
  [[nodiscard]] static NetlinkAnswer ask_module(Bytes request) {
    NetlinkRequester requester(std::move(*NetlinkSocket::open(NETLINK_GENERIC)));
    return requester.exchange(std::move(request));
  }
  [[nodiscard]] static NetlinkAnswer ask_links(Bytes request) {
    NetlinkRequester requester(std::move(*NetlinkSocket::open(NETLINK_ROUTE)));
    return requester.exchange(std::move(request));
  }

  utun::Family family_;
  std::optional<RouteSocket> netlink_;
  asio::io_context io_;
  std::vector<port::Datapath::Report> reports_;
  std::vector<Bytes> signalling_;
  std::unique_ptr<UtunDatapath> datapath_;
};

}  // namespace tsp::linux_::test
