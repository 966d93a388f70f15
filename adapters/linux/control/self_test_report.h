// SPDX-License-Identifier: Apache-2.0
//
// What the self-test has seen, and what that says about the host's forwarding and firewall.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/address.h>

namespace tsp::linux_ {

enum class Finding : std::uint8_t {
  Passed,
  Blocked,
  Unknown,  // this host cannot tell
};

struct SelfTestCheck {
  std::string name;    // "tunnel_device", "ipv4_forwarding", "server_address" or "port"
  std::string target;  // the device, or an address with or without a port
  Finding finding = Finding::Passed;
  std::string detail;     // what was seen, and what to do
  bool harmless = false;  // clients are served whatever was found
};

struct SelfTestReport {
  // The worst of all checks that are not harmless.
  Finding result = Finding::Passed;
  std::vector<SelfTestCheck> checks;
};

// What became of a probe.
enum class Probe : std::uint8_t { NotTried, Lost, Arrived };

// Why no probe was sent to a port by the tunnel device.
enum class Obstacle : std::uint8_t {
  None,               // or there was no address to send it from, or the device did not take it
  ThisHostOnly,       // nobody else could
  ReversePathFilter,  // net.ipv4.conf.all.rp_filter or the device's
  DeviceHasNoIPv4,
};

struct SelfTestSight {
  std::string device;
  bool forwarding = true;                  // net.ipv6.conf.DEVICE.forwarding
  std::optional<bool> ipv4_forwarding{};   // net.ipv4.conf.DEVICE.forwarding; none: no v4v6 tunnels are served
  Probe through_device = Probe::NotTried;  // from one unused address of the pool to another
  IPv6Address server_address;
  Probe echo = Probe::NotTried;  // of the server address, asked for by an unused address
  struct Port {
    Endpoint at;                          // UDP
    Probe by_loopback = Probe::NotTried;  // sent by this host
    Probe by_device = Probe::NotTried;    // as if it had come in by the tunnel device
    Obstacle obstacle = Obstacle::None;
  };
  std::vector<Port> ports;
};

[[nodiscard]] std::string_view name(Finding finding);
[[nodiscard]] SelfTestReport judge(const SelfTestSight& sight);

}  // namespace tsp::linux_
