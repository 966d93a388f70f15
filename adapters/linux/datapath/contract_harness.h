// SPDX-License-Identifier: Apache-2.0
//
// The contract of datapaths, kept by the real thing: in a network namespace, through the kernel.
#pragma once

#include <unistd.h>

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>

#include "adapters/linux/datapath/host_datapath.h"
#include "adapters/linux/datapath/test_peers.h"
#include "adapters/linux/datapath/tun/tun_device.h"
#include "adapters/linux/net/clock.h"
#include "adapters/linux/netlink/link.h"
#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/test_namespace.h"
#include "adapters/port/datapath_harness.h"

namespace tsp::port {

using linux_::test::DeviceTap;
using linux_::test::TestClient;

inline const IPv6Address kIPv6Clients = dataplane::test::address("2001:db8:c::");
inline const IPv6Address kIPv6Broker = dataplane::test::address("2001:db8:b::1");

class KernelHarness final : public DatapathHarness {
 public:
  // What all datapaths are told; `listen` has IPv6 only for IPv4 inside.
  struct Setting {
    std::vector<Endpoint> listen;
    InnerPool pool;
    std::optional<InnerPool> ipv4_pool;
  };
  using Open = std::function<std::expected<std::unique_ptr<linux_::HostDatapath>, std::string>(
      const Setting&, asio::io_context&, Datapath::Sink, linux_::HostDatapath::SignallingSink)>;

  // Opened as the device "tsp0".
  KernelHarness(TunnelType type, const Open& open) : type_(type) {
    const bool permitted = linux_::test::enter_fresh_namespace();
    EXPECT_TRUE(permitted);
    make_way_to_remote_host();
    if (ipv4()) add_outer_addresses();
    const Setting setting{
        .listen = listen(), .pool = pool_, .ipv4_pool = ipv4() ? std::optional(ipv4_pool_) : std::nullopt};
    auto opened = open(
        setting, io_, [this](Datapath::Report report) { reports_.add(std::move(report)); },
        [this](const FourTuple& path, ByteView payload) {
          observed_.signalling.push_back({path, Bytes(payload.begin(), payload.end())});
        });
    if (!opened) throw std::runtime_error(opened.error());
    datapath_ = std::move(*opened);
    tap_ = std::make_unique<DeviceTap>("tsp0", ipv4());
    for (unsigned client = 0; client < 3; ++client) {
      for (unsigned port = 0; port < 2; ++port) {
        const FourTuple wanted = path(client, port);
        clients_.emplace(wanted, std::make_unique<TestClient>(wanted.remote, wanted.local));
      }
    }
    const FourTuple signalling = signalling_path();
    if (ipv4()) clients_.emplace(signalling, std::make_unique<TestClient>(signalling.remote, signalling.local));
  }

  TunnelType type() override { return type_; }

  Datapath& datapath() override { return *datapath_; }
  DatapathReports& reports() override { return reports_; }
  DatapathDone wait(OpId op) override {
    for (int turn = 0; turn < 1000; ++turn) {
      if (auto done = reports_.take(op)) return *done;
      work();
    }
    ADD_FAILURE() << "order " << op.value << " was not completed";
    return {.op = op, .status = DatapathStatus::Failed, .detail = {}, .tunnels = {}, .usages = {}};
  }
  Instant now() override { return linux_::read_clock().mono; }

  FourTuple path(unsigned client, unsigned port) override {
    const auto number = static_cast<std::uint8_t>(client + 1);
    if (ipv4()) return {.remote = {ipv6_client(client, port), 0}, .local = {kIPv6Broker, 0}};
    return {.remote = make_endpoint({{127, 0, 1, number}}, static_cast<std::uint16_t>(40'000 + port)),
            .local = make_endpoint({{127, 0, 0, number}}, 3653)};
  }
  FourTuple signalling_path() override {
    if (!ipv4()) return path(0, 0);
    return {.remote = {ipv6_client(0, 0), 40'000}, .local = {kIPv6Broker, 3653}};
  }
  IPv6Prefix pool() override { return ipv4() ? ipv4_pool_.prefix : pool_.prefix; }
  IPv6Address server_address() override { return ipv4() ? ipv4_pool_.server_address : pool_.server_address; }

  void send_outer(const FourTuple& path, ByteView payload) override {
    clients_.at(path)->send(payload);
    ++sent_;
  }
  void send_inner(ByteView packet) override {
    tap_->send(packet);
    ++sent_;
  }
  // Each datagram and each packet ends in exactly one counter. What one causes to be sent, by the host's routing or as
  // an error, follows within moments.
  Observed settle() override {
    for (int turn = 0; turn < 1000 && dealt_with() < sent_; ++turn) work();
    EXPECT_GE(dealt_with(), sent_) << "something was lost without being counted";
    for (std::uint64_t before = ~0ULL; before != dealt_with();) {
      before = dealt_with();
      for (int turn = 0; turn < 5; ++turn) work();
    }
    sent_ = dealt_with();
    collect();
    return std::exchange(observed_, {});
  }
  std::uint64_t dropped(dataplane::DropReason reason) override { return datapath_->counters().dropped(reason); }

 private:
  [[nodiscard]] bool ipv4() const { return type_ == TunnelType::V4V6; }
  // Only the address that clients contact: the broker shares the host with them, and would hear what it sends to them.
  [[nodiscard]] std::vector<Endpoint> listen() const {
    return {ipv4() ? Endpoint{kIPv6Broker, 3653} : make_endpoint({}, 3653)};
  }
  static IPv6Address ipv6_client(unsigned client, unsigned port) {
    IPv6Address address = kIPv6Clients;
    dataplane::put16(address.octets, 12, client + 1);
    dataplane::put16(address.octets, 14, port);
    return address;
  }
  static void add_outer_addresses() {
    linux_::test::add_loopback_address(kIPv6Broker);
    for (unsigned client = 0; client < 3; ++client) {
      for (unsigned port = 0; port < 2; ++port) linux_::test::add_loopback_address(ipv6_client(client, port));
    }
  }
  // A device behind which everything disappears.
  void make_way_to_remote_host() {
    auto device = linux_::TunDevice::open("internet0", 1, false);
    const auto socket = linux_::RouteSocket::open();
    if (!device || !socket) throw std::runtime_error("no device for the remote host");
    internet_ = std::move(*device);
    EXPECT_TRUE(linux_::bring_up(*socket, "internet0", 1500, 10));
    const auto link = linux_::find_link(*socket, "internet0");
    EXPECT_TRUE(link && *link);
    EXPECT_TRUE(linux_::add_device_route(*socket, *parse_prefix("2001:db8:ffff::/48"), (*link)->index));
    EXPECT_TRUE(linux_::add_device_route(*socket, *parse_ipv4_prefix("203.0.113.0/24"), (*link)->index));
  }
  void work() {
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(5));
  }
  std::uint64_t dealt_with() const {
    const linux_::DatapathCounters counters = datapath_->counters();
    std::uint64_t sum = counters.packets_up + counters.packets_down - counters.echo_replies + counters.signalling;
    for (const std::uint64_t count : counters.drops) sum += count;
    return sum - counters.dropped(dataplane::DropReason::IcmpRateLimited) -
           counters.dropped(dataplane::DropReason::SendFailed);
  }
  void collect() {
    while (auto packet = tap_->receive(0)) observed_.to_host.push_back(std::move(*packet));
    for (const auto& [path, client] : clients_) {
      while (auto datagram = client->receive(0)) observed_.to_clients.push_back({path, std::move(*datagram)});
    }
  }

  const TunnelType type_;
  const InnerPool pool_{*parse_prefix("2001:db8:1::/48"), *parse_ipv6("2001:db8:1::1")};
  const InnerPool ipv4_pool_{*parse_ipv4_prefix("10.64.0.0/10"), dataplane::test::ipv4("10.64.0.1")};
  asio::io_context io_;
  linux_::TunDevice internet_;
  DatapathReports reports_;
  Observed observed_;
  std::unique_ptr<linux_::HostDatapath> datapath_;
  std::unique_ptr<DeviceTap> tap_;
  std::map<FourTuple, std::unique_ptr<TestClient>> clients_;
  std::uint64_t sent_ = 0;
};

}  // namespace tsp::port
