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

constexpr std::uint16_t kDiscardPort = 9;

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

constexpr IPv6Address kLoopback6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr IPv4Address kLoopback4{{127, 0, 0, 1}};

bool is_loopback(const Endpoint& endpoint) {
  return endpoint.is_ipv4() ? endpoint.ipv4().octets[0] == kLoopback4.octets[0] : endpoint.address == kLoopback6;
}

// Where a listener takes datagrams: for one on any address, each of the host's but the broker's end inside of tunnels.
std::vector<IPv6Address> addresses_of(const Endpoint& local, const SelfTestOptions& options) {
  const bool any = local.is_ipv4() ? local.ipv4() == IPv4Address{} : local.address == IPv6Address{};
  if (!any) return {local.address};
  std::vector<IPv6Address> addresses = host_addresses();
  std::erase_if(addresses, [&](const IPv6Address& address) {
    return is_mapped(address) != local.is_ipv4() || address == options.server_address ||
           address == options.ipv4_server_address;
  });
  if (addresses.empty()) addresses.push_back(local.is_ipv4() ? map_ipv4(kLoopback4) : kLoopback6);
  return addresses;
}

std::vector<Endpoint> targets_of(const SelfTestOptions& options) {
  std::vector<Endpoint> targets;
  for (const Endpoint& local : options.listen) {
    for (const IPv6Address& address : addresses_of(local, options)) targets.push_back({address, local.port});
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
  const bool has_unused = unused.size() >= 2;
  if (has_unused) {
    const dataplane::ProbeMark through{token, kThroughDevice};
    const dataplane::ProbeMark echo{token, kEcho};
    probes.push_back({through, dataplane::make_udp_probe(unused[0], {unused[1], kDiscardPort}, through)});
    probes.push_back({echo, dataplane::make_echo_probe(unused[0], sight.server_address, echo)});
  }
  for (std::size_t i = 0; i < sight.ports.size(); ++i) {
    const SelfTestSight::Port& port = sight.ports[i];
    const dataplane::ProbeMark own{token, by_loopback(i)};
    probes.push_back({own, dataplane::make_probe_payload(own), port.at});
    if (port.obstacle != Obstacle::None || (!port.at.is_ipv4() && !has_unused)) continue;
    const dataplane::ProbeMark foreign{token, by_device(i)};
    const IPv6Address from = port.at.is_ipv4() ? map_ipv4(kStranger) : unused[0];
    probes.push_back({foreign, dataplane::make_udp_probe(from, port.at, foreign)});
  }
  return probes;
}

// A socket of each version.
struct Senders {
  FileDescriptor ipv4{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  FileDescriptor ipv6{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

// A firewall may refuse it with an error: then it is sent, and lost.
void send_by_loopback(const Senders& senders, const Endpoint& to, ByteView payload) {
  const SocketAddress address = to_socket_address(to);
  const FileDescriptor& sender = to.is_ipv4() ? senders.ipv4 : senders.ipv6;
  [[maybe_unused]] const ssize_t ignored =
      sendto(sender.get(), payload.data(), payload.size(), MSG_DONTWAIT, &address.any, address.size());
}

// An IPv4 packet has a source that no route leads back to by the device; an IPv6 packet has one of the pool.
Obstacle obstacle_to(const Endpoint& target, bool reverse_path_filter, bool device_takes_ipv4) {
  if (is_loopback(target)) return Obstacle::ThisHostOnly;
  if (!target.is_ipv4()) return Obstacle::None;
  if (!device_takes_ipv4) return Obstacle::DeviceHasNoIPv4;
  return reverse_path_filter ? Obstacle::ReversePathFilter : Obstacle::None;
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
  const Senders senders;
  datapath_.watch_for_probes(token);
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t seen = datapath_.probes_seen();
    for (Sending& probe : probes) {
      if ((seen & bit(probe.mark.number)) != 0) continue;
      if (probe.to) send_by_loopback(senders, *probe.to, probe.bytes);
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
  if (options_.ipv4_server_address) {
    sight.ipv4_forwarding = read_sysctl("net/ipv4/conf/" + options_.device + "/forwarding") == "1";
  }
  const bool filter = has_reverse_path_filter(options_.device);
  for (const Endpoint& target : targets_of(options_)) {
    sight.ports.push_back({.at = target, .obstacle = obstacle_to(target, filter, datapath_.injects_ipv4())});
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
