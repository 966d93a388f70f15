// SPDX-License-Identifier: Apache-2.0
//
// The core's orders as requests to the module, many in one system call where their order allows it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <tsp/datapath.h>

#include "adapters/linux/datapath/utun/messages.h"
#include "adapters/linux/netlink/requester.h"

namespace tsp::linux_::utun {

// The self-test's own tunnel: no id of the core's, which are below 2^53.
inline constexpr TunnelId kProbeTunnel{std::uint64_t{1} << 53};

class OrderRunner {
 public:
  // Whether tunnels of this type end at this local endpoint.
  using Serves = std::function<bool(const TunnelSpec&)>;

  OrderRunner(std::unique_ptr<NetlinkChannel> channel, Serves serves)
      : requester_(std::move(channel)), serves_(std::move(serves)) {}

  // For whom the next orders are; none: the device is gone, and they fail.
  void aim(std::optional<Target> target) { target_ = target; }
  // The completions, in the order of the orders.
  [[nodiscard]] std::vector<DatapathDone> run(std::span<const DatapathOrder> orders);
  // Of the socket that the requests leave by.
  [[nodiscard]] std::uint32_t port() const { return requester_.port(); }
  // Whether the module has said that there is no such device any more.
  [[nodiscard]] bool device_is_gone() const { return device_gone_; }

 private:
  void install(std::span<const DatapathOrder> orders, std::vector<DatapathDone>& out);
  // In one request. What it does not tell is asked for singly.
  void install_batch(std::span<const InstallTunnel> orders, std::vector<DatapathDone*>& places);
  void install_singly(const InstallTunnel& order, DatapathDone& place);
  void remove(std::span<const DatapathOrder> orders, std::vector<DatapathDone>& out);
  [[nodiscard]] DatapathDone list(const ListTunnels& order);
  [[nodiscard]] DatapathDone query(const QueryUsage& order);
  void note(const NetlinkAnswer& answer);

  NetlinkRequester requester_;
  Serves serves_;
  std::optional<Target> target_;
  bool device_gone_ = false;
};

// What the module's answer to a request means for the order.
[[nodiscard]] DatapathStatus status_of_install(int error);
[[nodiscard]] DatapathStatus status_of_remove(int error);

}  // namespace tsp::linux_::utun
