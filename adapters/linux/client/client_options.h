// SPDX-License-Identifier: Apache-2.0
//
// All that tsp-connect is told: what to negotiate, and what to do with the tunnel on this host.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include <tsp/address.h>
#include <tsp/store.h>

#include "core/client/config.h"

namespace tsp::linux_ {

// Who sets this host up.
enum class HookMode : std::uint8_t {
  Notify,     // tsp-connect; the hook is told afterwards
  Configure,  // the hook, as the template scripts of gogoc do
};

// A program that is run when the tunnel comes up and when it goes down.
struct HookOptions {
  std::string program;  // an absolute path; empty: none
  HookMode mode = HookMode::Notify;
  std::chrono::seconds patience{30};  // 1…300; then it is killed
  std::string home;                   // where gogoc would be installed; empty: the folder of the program

  [[nodiscard]] bool configures() const { return !program.empty() && mode == HookMode::Configure; }
};

inline constexpr std::uint16_t kMtuMin = 1280;            // RFC 8200 section 5
inline constexpr std::uint16_t kMtuMaxUdp = 1472;         // what 1500 bytes leave behind IPv4 and UDP headers
inline constexpr std::uint16_t kMtuMaxProtocol41 = 1480;  // … and behind an IPv4 header
inline constexpr std::uint16_t kMtuMaxIPv4InIPv6 = 1460;  // … and behind an IPv6 header
inline constexpr std::uint32_t kHookPatienceSecondsMax = 300;

struct HostOptions {
  std::string device = "tsp";       // the TUN device
  std::string sit_device = "sit1";  // the one that a hook which configures makes for v6v4
  std::string lan;  // gets part of a delegated prefix (core/client/lan_prefix.h); empty: only the discard route is set
  bool default_route = true;    // ::/0 into the tunnel, or 0.0.0.0/0 if it is one of IPv4
  std::uint16_t mtu = kMtuMin;  // bytes of an inner packet; what every server expects
  bool mss_clamp = true;        // TCP connections are told what the tunnel holds
  HookOptions hook;

  [[nodiscard]] const std::string& device_of(TunnelType type) const {
    return hook.configures() && type == TunnelType::V6V4 ? sit_device : device;
  }
};

struct ClientOptions {
  client::ClientConfig negotiation;
  HostOptions host;
};

// What cannot be done on this host, in words for the user; looks at the file of the hook.
[[nodiscard]] std::expected<void, std::string> validate_host(const ClientOptions& options);

}  // namespace tsp::linux_
