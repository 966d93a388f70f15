// SPDX-License-Identifier: Apache-2.0
//
// The network device of the kind "utun": made, or taken over from a broker that was killed, given its sockets and
// settings, and removed in the end. By rtnetlink, with the attributes in kmod-utun/include/uapi/linux/utun.h.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/netlink/requester.h"

namespace tsp::linux_::utun {

struct DeviceSettings {
  std::string name;
  std::vector<int> sockets;           // descriptors of UDP sockets
  std::set<IPv6Address> protocol_41;  // mapped local addresses; 0.0.0.0: all; empty: none
  IPv6Address server_address;         // source of errors about addresses without a tunnel
  bool clamp_mss = true;
};

// ---- requests, each with an acknowledgement

[[nodiscard]] Bytes make_device(const DeviceSettings& settings);
[[nodiscard]] Bytes change_device(std::uint32_t index, const DeviceSettings& settings);
[[nodiscard]] Bytes change_mss_clamp(std::uint32_t index, bool wanted);
[[nodiscard]] Bytes remove_device(std::uint32_t index);

// Why the kernel did not make or change the device, and what to do.
[[nodiscard]] std::string explain_device_error(const std::string& name, const NetlinkAnswer& answer);

class Device {
 public:
  // `left`: the index of a device that is to be taken over; 0: none. Error: one line.
  [[nodiscard]] static std::expected<std::unique_ptr<Device>, std::string> open(std::unique_ptr<NetlinkChannel> channel,
                                                                                DeviceSettings settings, int left);
  // Removes it.
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] std::uint32_t index() const;
  // False: somebody else has removed it.
  [[nodiscard]] bool is_there() const;
  // As in open(), after somebody else has removed it.
  [[nodiscard]] std::expected<void, std::string> make_again(int left);
  // From any thread.
  void clamp_mss(bool wanted);

 private:
  Device(std::unique_ptr<NetlinkChannel> channel, DeviceSettings settings)
      : requester_(std::move(channel)), settings_(std::move(settings)) {}
  [[nodiscard]] std::expected<void, std::string> set_up(int left);

  mutable std::mutex mutex_;  // of what follows
  NetlinkRequester requester_;
  DeviceSettings settings_;
  std::uint32_t index_ = 0;
};

}  // namespace tsp::linux_::utun
