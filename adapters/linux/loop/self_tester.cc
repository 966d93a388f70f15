// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/self_tester.h"

#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "adapters/linux/config/host_addresses.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/seed.h"
#include "adapters/linux/net/udp_message.h"
#include "adapters/linux/netlink/sysctl.h"
#include "core/dataplane/probe.h"

namespace tsp::linux_ {
namespace {

using std::chrono::milliseconds;

// What a busy host loses once it does not lose three times.
constexpr int kTries = 3;
constexpr auto kTryTime = milliseconds(350);
constexpr auto kLookInterval = milliseconds(5);

// Numbers of probes: these two, and then two for each port.
constexpr std::uint8_t kThroughDevice = 0;
constexpr std::uint8_t kEcho = 1;
constexpr std::size_t kPortsMax = 31;

// Nobody's (RFC 5737): what is sent there from here is dropped somewhere on its way.
constexpr IPv4Address kStranger{{192, 0, 2, 1}};

struct Sending {
  dataplane::ProbeMark mark;
  Bytes bytes;
  std::optional<Endpoint> to{};  // by a socket of this host; none: into the device
  bool sent = false;
};

std::uint64_t bit(std::uint8_t number) {
  return std::uint64_t{1} << number;
}

std::uint8_t by_loopback(std::size_t port) {
  return static_cast<std::uint8_t>(2 + 2 * port);
}

std::uint8_t by_device(std::size_t port) {
  return static_cast<std::uint8_t>(3 + 2 * port);
}

std::uint64_t draw_token() {
  const Seed seed = read_seed();
  std::uint64_t token = 0;
  std::memcpy(&token, seed.data(), sizeof token);
  return token | 1;  // 0 would be none
}

bool is_loopback(const Endpoint& endpoint) {
  return endpoint.ipv4().octets[0] == 127;
}

// 0.0.0.0 stands for every address of the host. The probes are IPv4; ports on IPv6 are not tested.
std::vector<Endpoint> targets_of(const std::vector<Endpoint>& listen) {
  std::vector<Endpoint> targets;
  for (const Endpoint& local : listen) {
    if (!local.is_ipv4()) continue;
    if (local.ipv4() != IPv4Address{}) {
      targets.push_back(local);
      continue;
    }
    std::vector<IPv6Address> addresses = host_addresses();
    std::erase_if(addresses, [](const IPv6Address& address) { return !is_mapped(address); });
    if (addresses.empty()) addresses.push_back(map_ipv4({{127, 0, 0, 1}}));
    for (const IPv6Address& address : addresses) targets.push_back({address, local.port});
  }
  if (targets.size() > kPortsMax) targets.resize(kPortsMax);
  return targets;
}

// An IPv4 packet from the device has a source that no route leads back to by it. The device is ours, and needs no
// filter; that of all devices is the host's.
bool has_reverse_path_filter(const std::string& device) {
  const std::string filters = "net/ipv4/conf/";
  if (read_sysctl(filters + device + "/rp_filter") != "0") write_sysctl(filters + device + "/rp_filter", "0");
  return read_sysctl(filters + "all/rp_filter") != "0" || read_sysctl(filters + device + "/rp_filter") != "0";
}

std::vector<Sending> make_probes(const SelfTestSight& sight, const std::vector<IPv6Address>& unused,
                                 std::uint64_t token) {
  std::vector<Sending> probes;
  if (unused.size() >= 2) {
    const dataplane::ProbeMark through{token, kThroughDevice};
    const dataplane::ProbeMark echo{token, kEcho};
    probes.push_back({through, dataplane::make_udp_probe(unused[0], unused[1], through)});
    probes.push_back({echo, dataplane::make_echo_probe(unused[0], sight.server_address, echo)});
  }
  for (std::size_t i = 0; i < sight.ports.size(); ++i) {
    const SelfTestSight::Port& port = sight.ports[i];
    const dataplane::ProbeMark own{token, by_loopback(i)};
    probes.push_back({own, dataplane::make_probe_payload(own), port.at});
    if (is_loopback(port.at) || port.reverse_path_filter || port.device_has_no_ipv4) continue;
    const dataplane::ProbeMark foreign{token, by_device(i)};
    probes.push_back({foreign, dataplane::make_ipv4_probe(kStranger, port.at, foreign)});
  }
  return probes;
}

// A firewall may refuse it with an error: then it is sent, and lost.
void send_by_loopback(const FileDescriptor& socket, const Endpoint& to, ByteView payload) {
  const sockaddr_in address = to_sockaddr(to);
  [[maybe_unused]] const ssize_t ignored = sendto(socket.get(), payload.data(), payload.size(), MSG_DONTWAIT,
                                                  reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Probe outcome(const std::vector<Sending>& probes, std::uint8_t number, std::uint64_t seen) {
  if ((seen & bit(number)) != 0) return Probe::Arrived;
  for (const Sending& probe : probes) {
    if (probe.mark.number == number && probe.sent) return Probe::Lost;
  }
  return Probe::NotTried;
}

void take_in(const std::vector<Sending>& probes, std::uint64_t seen, SelfTestSight& sight) {
  sight.through_device = outcome(probes, kThroughDevice, seen);
  sight.echo = outcome(probes, kEcho, seen);
  for (std::size_t i = 0; i < sight.ports.size(); ++i) {
    sight.ports[i].by_loopback = outcome(probes, by_loopback(i), seen);
    sight.ports[i].by_device = outcome(probes, by_device(i), seen);
  }
}

}  // namespace

SelfTestReport SelfTester::run() {
  const std::lock_guard alone(one_run_);
  SelfTestSight sight = make_sight();
  const std::uint64_t token = draw_token();
  std::vector<Sending> probes = make_probes(sight, unused_addresses_(), token);
  std::uint64_t wanted = 0;
  for (const Sending& probe : probes) wanted |= bit(probe.mark.number);
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  datapath_.watch_for_probes(token);
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t seen = datapath_.probes_seen();
    for (Sending& probe : probes) {
      if ((seen & bit(probe.mark.number)) != 0) continue;
      if (probe.to) send_by_loopback(socket, *probe.to, probe.bytes);
      if (probe.to || datapath_.inject(probe.bytes)) probe.sent = true;
    }
    if (!wait_for(wanted)) break;
    if (datapath_.probes_seen() == wanted) break;
  }
  take_in(probes, datapath_.probes_seen(), sight);
  datapath_.watch_for_probes(0);
  return judge(sight);
}

SelfTestSight SelfTester::make_sight() const {
  SelfTestSight sight{.device = options_.device,
                      .forwarding = read_sysctl("net/ipv6/conf/" + options_.device + "/forwarding") == "1",
                      .server_address = options_.server_address,
                      .ports = {}};
  const bool filter = has_reverse_path_filter(options_.device);
  for (const Endpoint& target : targets_of(options_.listen)) {
    sight.ports.push_back({.at = target,
                           .reverse_path_filter = filter && !is_loopback(target),
                           .device_has_no_ipv4 = !datapath_.injects_ipv4() && !is_loopback(target)});
  }
  return sight;
}

bool SelfTester::wait_for(std::uint64_t wanted) {
  const auto end = std::chrono::steady_clock::now() + kTryTime;
  std::unique_lock lock(mutex_);
  while (!stopped_ && datapath_.probes_seen() != wanted && std::chrono::steady_clock::now() < end) {
    stopping_.wait_for(lock, kLookInterval);
  }
  return !stopped_;
}

void SelfTester::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  stopping_.notify_all();
}

}  // namespace tsp::linux_
