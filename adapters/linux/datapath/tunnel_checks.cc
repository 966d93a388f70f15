// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tunnel_checks.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kDeviceNameMax = 15;

}  // namespace

bool is_consistent(const TunnelSpec& spec) {
  const bool ipv4_inside = spec.type == TunnelType::V4V6;
  const bool has_ports = spec.type == TunnelType::V6UdpV4;
  for (const Endpoint& end : {spec.path.remote, spec.path.local}) {
    if (end.is_ipv4() == ipv4_inside || (end.port != 0) != has_ports) return false;
  }
  return is_mapped(spec.inner) == ipv4_inside && is_mapped(spec.server_address) == ipv4_inside &&
         (!spec.delegated || is_mapped(*spec.delegated) == ipv4_inside);
}

std::expected<void, std::string> check_device_name(const std::string& name) {
  if (name.empty() || name.size() > kDeviceNameMax || name.find_first_of("/ :%") != std::string::npos) {
    return std::unexpected("\"" + name + "\" cannot be the name of a network device");
  }
  return {};
}

std::expected<void, std::string> check_listen(const std::vector<Endpoint>& listen) {
  if (listen.empty()) return std::unexpected("there is no address to listen on");
  for (const Endpoint& local : listen) {
    if (local.port == 0) return std::unexpected("cannot listen on " + to_text(local));
  }
  return {};
}

std::set<IPv6Address> addresses_of(const std::vector<Endpoint>& listen, bool ipv4) {
  const IPv6Address all = ipv4 ? map_ipv4(IPv4Address{}) : IPv6Address{};
  std::set<IPv6Address> addresses;
  for (const Endpoint& local : listen) {
    if (local.is_ipv4() == ipv4) addresses.insert(local.address);
  }
  if (addresses.contains(all)) return {all};
  return addresses;
}

}  // namespace tsp::linux_
