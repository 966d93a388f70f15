// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/self_test_report.h"

#include <tuple>
#include <utility>

namespace tsp::linux_ {
namespace {

// Inserted, because a rule behind a final reject does nothing. The names are those of most hosts.
std::string firewall_rule(const std::string& chain, const std::string& match) {
  return "nft insert rule inet filter " + chain + " " + match + " accept (where `nft list chains` shows \"hook " +
         chain + "\" under other names: with those)";
}

SelfTestCheck judge_device(const SelfTestSight& sight) {
  SelfTestCheck check{.name = "tunnel_device", .target = sight.device, .detail = {}};
  const std::string& device = sight.device;
  switch (sight.through_device) {
    case Probe::Arrived:
      check.detail = "a packet from one unused address of the pool to another came through this host";
      return check;
    case Probe::NotTried:
      check.finding = Finding::Unknown;
      check.detail = "not tried: no address of the pool is unused, or the device did not take the packet";
      return check;
    case Probe::Lost:
      break;
  }
  check.finding = Finding::Blocked;
  if (!sight.forwarding) {
    check.detail = "IPv6 forwarding is off; switch it on: sysctl -w net.ipv6.conf.all.forwarding=1";
  } else {
    check.detail = "the firewall drops packets that come in by " + device +
                   " and go out by it; let them pass: " + firewall_rule("forward", "iifname " + device) +
                   ", and the same with oifname;" +
                   " if it only keeps clients from each other, and that is wanted, all is well";
  }
  return check;
}

// Nothing is sent: a packet from one client to another would tell the same, and less of why.
SelfTestCheck judge_ipv4_forwarding(const SelfTestSight& sight) {
  SelfTestCheck check{.name = "ipv4_forwarding", .target = sight.device, .detail = {}};
  if (*sight.ipv4_forwarding) {
    check.detail = "the host forwards IPv4";
  } else {
    check.finding = Finding::Blocked;
    check.detail =
        "IPv4 forwarding is off, v4v6 tunnels reach nothing behind this host; switch it on: "
        "sysctl -w net.ipv4.ip_forward=1";
  }
  return check;
}

SelfTestCheck judge_server_address(const SelfTestSight& sight) {
  SelfTestCheck check{
      .name = "server_address", .target = to_text(sight.server_address), .detail = {}, .harmless = true};
  switch (sight.echo) {
    case Probe::Arrived:
      check.detail = "this host answers an echo request that comes in by " + sight.device;
      break;
    case Probe::NotTried:
      check.finding = Finding::Unknown;
      check.detail = "not tried: no address of the pool is unused, or the device did not take the packet";
      break;
    case Probe::Lost:
      check.finding = Finding::Blocked;
      check.detail = "the firewall keeps what comes in by " + sight.device + " from this host, or its answers from " +
                     sight.device + "; clients need nothing of it, tspd answers their keepalives itself";
      break;
  }
  return check;
}

// The host reaches it; nothing was sent to it by the device.
std::pair<Finding, std::string> judge_obstacle(Obstacle obstacle, const std::string& device) {
  const std::string seen = "a datagram of this host itself arrived; ";
  const std::string untold = seen + "whether one from elsewhere would cannot be told";
  switch (obstacle) {
    case Obstacle::ThisHostOnly:
      return {Finding::Passed, seen + "nobody else can reach this address"};
    case Obstacle::DeviceHasNoIPv4:
      return {Finding::Unknown,
              untold + ", because no IPv4 packet can come in by " + device + " with datapath.type \"utun\""};
    case Obstacle::ReversePathFilter:
      return {Finding::Unknown, untold + " while net.ipv4.conf.all.rp_filter is not 0"};
    case Obstacle::None:
      return {Finding::Unknown,
              untold + ": no address of the pool is unused, or " + device + " did not take the packet"};
  }
  std::unreachable();
}

SelfTestCheck judge_port(const SelfTestSight::Port& port, const std::string& device) {
  SelfTestCheck check{.name = "port", .target = to_text(port.at), .detail = {}};
  const std::string rule = firewall_rule("input", "udp dport " + std::to_string(port.at.port));
  if (port.by_device == Probe::Arrived) {
    check.detail = "a datagram that came in by " + device + " arrived";
  } else if (port.by_loopback != Probe::Arrived) {
    check.finding = Finding::Blocked;
    check.detail = "not even a datagram of this host itself arrives: the firewall drops UDP port " +
                   std::to_string(port.at.port) + "; let it pass: " + rule;
  } else if (port.by_device == Probe::Lost) {
    check.finding = Finding::Unknown;
    check.detail = "a datagram of this host itself arrived, one that came in by " + device +
                   " did not: if the firewall takes this port from certain interfaces only, all is well; if not, let " +
                   "it pass: " + rule;
  } else {
    std::tie(check.finding, check.detail) = judge_obstacle(port.obstacle, device);
  }
  return check;
}

// Blocked is worse than Unknown.
Finding worse(Finding a, Finding b) {
  if (a == Finding::Blocked || b == Finding::Blocked) return Finding::Blocked;
  return a == Finding::Passed ? b : a;
}

}  // namespace

std::string_view name(Finding finding) {
  switch (finding) {
    case Finding::Passed:
      return "passed";
    case Finding::Blocked:
      return "blocked";
    case Finding::Unknown:
      return "unknown";
  }
  std::unreachable();
}

SelfTestReport judge(const SelfTestSight& sight) {
  SelfTestReport report;
  report.checks = {judge_device(sight)};
  if (sight.ipv4_forwarding) report.checks.push_back(judge_ipv4_forwarding(sight));
  report.checks.push_back(judge_server_address(sight));
  for (const SelfTestSight::Port& port : sight.ports) report.checks.push_back(judge_port(port, sight.device));
  for (const SelfTestCheck& check : report.checks) {
    if (!check.harmless) report.result = worse(report.result, check.finding);
  }
  return report;
}

}  // namespace tsp::linux_
