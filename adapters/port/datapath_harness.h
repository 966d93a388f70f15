// SPDX-License-Identifier: Apache-2.0
//
// What the datapath contract needs of an implementation under test, and the words its tests are written in.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include <tsp/address.h>
#include <tsp/datapath.h>

#include "adapters/port/datapath.h"
#include "core/dataplane/drop_reason.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::port {

// Where a datapath under test reports to. Its sink calls add() on the thread of the test, while the harness waits.
class DatapathReports {
 public:
  void add(Datapath::Report report) {
    if (submitting_) from_inside_submit_ = true;
    if (auto* done = std::get_if<DatapathDone>(&report)) done_.push_back(std::move(*done));
    if (const auto* confirmed = std::get_if<TunnelConfirmed>(&report)) confirmed_.push_back(confirmed->id);
    if (std::holds_alternative<DatapathReset>(report)) ++resets_;
  }
  // Submits, and notices a report from inside submit().
  void submit_to(Datapath& datapath, DatapathOrder order) {
    submitting_ = true;
    datapath.submit(std::move(order));
    submitting_ = false;
  }
  // The first completion of `op`, if it is there.
  std::optional<DatapathDone> take(OpId op) {
    const auto found = std::ranges::find(done_, op, &DatapathDone::op);
    if (found == done_.end()) return std::nullopt;
    DatapathDone done = std::move(*found);
    done_.erase(found);
    return done;
  }
  [[nodiscard]] std::vector<TunnelId> take_confirmed() { return std::exchange(confirmed_, {}); }
  [[nodiscard]] std::size_t completions_left() const { return done_.size(); }
  [[nodiscard]] std::size_t resets() const { return resets_; }
  [[nodiscard]] bool any_from_inside_submit() const { return from_inside_submit_; }

 private:
  std::vector<DatapathDone> done_;
  std::vector<TunnelId> confirmed_;
  std::size_t resets_ = 0;
  bool submitting_ = false;
  bool from_inside_submit_ = false;
};

struct OuterDatagram {
  FourTuple path;
  Bytes payload;
};

// What came out of a datapath.
struct Observed {
  std::vector<OuterDatagram> to_clients;  // from path.local to path.remote
  std::vector<Bytes> to_host;             // packets, as the datapath gave them to the host
  std::vector<OuterDatagram> signalling;  // from path.remote to path.local
};

class DatapathHarness {
 public:
  virtual ~DatapathHarness() = default;
  // Begins without tunnels. The host behind it forwards and routes the pool into the datapath.
  virtual Datapath& datapath() = 0;
  virtual DatapathReports& reports() = 0;
  // Waits for the completion of an order that was submitted; fails the test if none comes.
  virtual DatapathDone wait(OpId op) = 0;
  // The clock of TunnelUsage.
  virtual Instant now() = 0;

  // Of all tunnels: V6UdpV4, or V4V6, whose packets are IPv4.
  virtual TunnelType type() { return TunnelType::V6UdpV4; }
  // A path to the datapath from client 0…2, port 0…1 of its (without ports, another address); each is distinct.
  virtual FourTuple path(unsigned client, unsigned port) = 0;
  // One that signalling comes by.
  virtual FourTuple signalling_path() { return path(0, 0); }
  // /48 or shorter; without the addresses 2001:db8:ffff::/48. Of IPv4 10.64.0.0/10.
  virtual IPv6Prefix pool() = 0;
  virtual IPv6Address server_address() = 0;

  // A datagram from path.remote to path.local.
  virtual void send_outer(const FourTuple& path, ByteView payload) = 0;
  // A packet that the host routes into the datapath; it may be no IP at all.
  virtual void send_inner(ByteView packet) = 0;
  // Waits until all that was sent has been dealt with, and gives what came out since the last call.
  virtual Observed settle() = 0;
  virtual std::uint64_t dropped(dataplane::DropReason reason) = 0;
};

using MakeDatapathHarness = std::unique_ptr<DatapathHarness> (*)();

class DatapathContract : public testing::TestWithParam<MakeDatapathHarness> {
 protected:
  static constexpr TunnelId kUnknown{999'999};

  void TearDown() override {
    EXPECT_EQ(harness_->reports().completions_left(), 0U) << "an order was reported more than once";
    EXPECT_EQ(harness_->reports().resets(), 0U);
    EXPECT_FALSE(harness_->reports().any_from_inside_submit());
  }

  // ---- orders

  DatapathDone run(DatapathOrder order) {
    const OpId op{++last_op_};
    std::visit([op](auto& known) { known.op = op; }, order);
    harness_->reports().submit_to(harness_->datapath(), std::move(order));
    DatapathDone done = harness_->wait(op);
    EXPECT_EQ(done.op, op);
    return done;
  }
  DatapathStatus install(const TunnelSpec& spec, std::vector<TunnelId> replaces = {}) {
    return run(InstallTunnel{{}, spec, std::move(replaces)}).status;
  }
  DatapathStatus remove(TunnelId id, std::optional<Instant> unless_seen_since = std::nullopt) {
    return run(RemoveTunnel{{}, id, unless_seen_since}).status;
  }
  std::vector<TunnelSpec> list() {
    DatapathDone done = run(ListTunnels{{}});
    EXPECT_EQ(done.status, DatapathStatus::Done);
    std::ranges::sort(done.tunnels, {}, &TunnelSpec::id);
    return std::move(done.tunnels);
  }
  std::vector<TunnelUsage> usages(std::vector<TunnelId> ids) {
    DatapathDone done = run(QueryUsage{{}, std::move(ids)});
    EXPECT_EQ(done.status, DatapathStatus::Done);
    std::ranges::sort(done.usages, {}, &TunnelUsage::id);
    return std::move(done.usages);
  }
  TunnelUsage usage(TunnelId id) {
    const std::vector<TunnelUsage> all = usages({id});
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? TunnelUsage{} : all.front();
  }

  // ---- addresses and tunnels

  [[nodiscard]] bool ipv4() const { return harness_->type() == TunnelType::V4V6; }
  // One of the version that tunnels carry here.
  [[nodiscard]] IPv6Address address(std::string_view of_ipv4, std::string_view of_ipv6) const {
    return ipv4() ? dataplane::test::ipv4(of_ipv4) : dataplane::test::address(of_ipv6);
  }
  IPv6Address remote_host() { return address("203.0.113.80", "2001:db8:ffff::80"); }
  // In the pool, subnet number `subnet`, of length 64 (IPv4: 24). host: 0…255.
  IPv6Address in_pool(std::uint16_t subnet, std::uint8_t host) {
    IPv6Address address = harness_->pool().base;
    if (ipv4()) {
      address.octets[13] = static_cast<std::uint8_t>(address.octets[13] + (subnet >> 8));
      address.octets[14] = static_cast<std::uint8_t>(subnet);
    } else {
      dataplane::put16(address.octets, 6, subnet);
    }
    address.octets[15] = host;
    return address;
  }
  IPv6Prefix subnet(std::uint16_t number) { return make_prefix(in_pool(number, 0), ipv4() ? kMappedLength + 24 : 64); }
  // 256 of them.
  IPv6Prefix subnets(std::uint16_t first) { return make_prefix(in_pool(first, 0), ipv4() ? kMappedLength + 16 : 56); }
  // The tunnel of a client, whose address is in subnet 1.
  TunnelSpec spec_of(unsigned client) {
    TunnelSpec spec;
    spec.id = TunnelId{1000 + client};
    spec.type = harness_->type();
    spec.path = harness_->path(client, 0);
    spec.inner = in_pool(1, static_cast<std::uint8_t>(16 + client));
    spec.server_address = harness_->server_address();
    return spec;
  }
  TunnelSpec confirmed_spec_of(unsigned client) {
    TunnelSpec spec = spec_of(client);
    spec.confirmed = true;
    return spec;
  }
  TunnelSpec installed(const TunnelSpec& spec) {
    EXPECT_EQ(install(spec), DatapathStatus::Done);
    return spec;
  }

  // ---- packets

  static Bytes packet(const IPv6Address& source, const IPv6Address& destination, std::size_t payload = 64) {
    return dataplane::test::make_udp({source, destination}, dataplane::test::pattern(payload));
  }
  static Bytes packet_of_size(const IPv6Address& source, const IPv6Address& destination, std::size_t size) {
    const std::size_t headers = packet(source, destination, 0).size();
    return packet(source, destination, size - headers);
  }
  static Bytes echo_request(const IPv6Address& source, const IPv6Address& destination) {
    return dataplane::test::make_echo_request({source, destination}, dataplane::test::pattern(16));
  }

  Observed after_outer(const FourTuple& path, ByteView payload) {
    harness_->send_outer(path, payload);
    return harness_->settle();
  }
  Observed after_inner(ByteView packet) {
    harness_->send_inner(packet);
    return harness_->settle();
  }
  std::vector<TunnelId> confirmed() { return harness_->reports().take_confirmed(); }

  // Whether `client` can be reached.
  void expect_downlink(const TunnelSpec& tunnel, bool open) {
    const Bytes down = packet(remote_host(), tunnel.inner);
    const Observed observed = after_inner(down);
    ASSERT_EQ(observed.to_clients.size(), open ? 1U : 0U);
    if (open) {
      EXPECT_EQ(observed.to_clients[0].path, tunnel.path);
      expect_same(observed.to_clients[0].payload, down);
    }
  }
  void expect_uplink(const TunnelSpec& tunnel, const FourTuple& path, bool open) {
    const Bytes up = packet(tunnel.inner, remote_host());
    const Observed observed = after_outer(path, up);
    ASSERT_EQ(observed.to_host.size(), open ? 1U : 0U);
    if (open) expect_same(observed.to_host[0], up);
  }
  void expect_nothing(const Observed& observed) {
    EXPECT_TRUE(observed.to_clients.empty());
    EXPECT_TRUE(observed.to_host.empty());
    EXPECT_TRUE(observed.signalling.empty());
  }
  // Routers on the way count down the hop limit.
  static void expect_same(Bytes actual, Bytes expected) {
    for (Bytes* packet : {&actual, &expected}) {
      if (!dataplane::has_ip_header(*packet)) continue;
      (*packet)[dataplane::is_ipv4(*packet) ? dataplane::kTimeToLiveAt : dataplane::kHopLimitAt] = 0;
      if (dataplane::is_ipv4(*packet)) dataplane::write_header_checksum(*packet);
    }
    EXPECT_EQ(actual, expected);
  }
  // An ICMP error from the server about `about`.
  void expect_error(ByteView error, std::uint8_t type, std::uint8_t code, std::uint32_t parameter, ByteView about) {
    const std::size_t message_at = ipv4() ? dataplane::kIPv4HeaderSize : dataplane::kIPv6HeaderSize;
    const std::size_t quote_at = message_at + dataplane::kIcmpHeaderSize;
    ASSERT_GT(error.size(), quote_at);
    EXPECT_EQ(dataplane::source_of(error), harness_->server_address());
    EXPECT_EQ(dataplane::destination_of(error), dataplane::source_of(about));
    EXPECT_TRUE(dataplane::upper_layer_checksum_right(error));
    EXPECT_EQ(dataplane::protocol_of(error), ipv4() ? dataplane::kIcmpv4 : dataplane::kIcmpv6);
    EXPECT_EQ(error[message_at], type);
    EXPECT_EQ(error[message_at + 1], code);
    EXPECT_EQ(dataplane::get32(error, message_at + 4), parameter);
    const ByteView quote = error.subspan(quote_at);
    const std::size_t quoted = std::min(about.size(), (ipv4() ? 576 : dataplane::kIPv6MinimumMtu) - quote_at);
    ASSERT_EQ(quote.size(), quoted);
    expect_same(Bytes(quote.begin(), quote.end()),
                Bytes(about.begin(), about.begin() + static_cast<std::ptrdiff_t>(quoted)));
  }
  void expect_too_big(ByteView error, std::uint16_t mtu, ByteView about) {
    expect_error(error, ipv4() ? 3 : 2, ipv4() ? 4 : 0, mtu, about);
  }
  void expect_unreachable(ByteView error, ByteView about) {
    expect_error(error, ipv4() ? 3 : 1, ipv4() ? 1 : 3, 0, about);
  }

  std::unique_ptr<DatapathHarness> harness_ = GetParam()();

 private:
  std::uint64_t last_op_ = 0;
};

}  // namespace tsp::port
