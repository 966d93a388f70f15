// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/dns_keys.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace tsp::linux_ {
namespace {

bool lies_in(std::string_view name, std::string_view zone) {
  return name == zone || (name.ends_with(zone) && name[name.size() - zone.size() - 1] == '.');
}

bool is_reverse(std::string_view zone) {
  return lies_in(zone, "ip6.arpa");
}

void check_destination(const DnsSettings& dns, std::vector<ConfigFault>& faults) {
  if (dns.server && !dns.fragment_folder.empty()) {
    faults.push_back({"dns.fragment_folder", "expected either this or dns.server: records are kept in one place"});
  } else if (dns.server && dns.key_file.empty()) {
    faults.push_back({"dns.server", "needs dns.key_file: updates have to be signed"});
  } else if (!dns.server && !dns.key_file.empty()) {
    faults.push_back({"dns.key_file", "is of no use without dns.server"});
  }
}

void check_zones(const DnsSettings& dns, std::vector<ConfigFault>& faults) {
  if (!dns.on()) {
    const std::string why = "is of no use without dns.server or dns.fragment_folder";
    if (!dns.zones.empty()) faults.push_back({"dns.zones", why});
    if (!dns.domain.empty()) faults.push_back({"dns.domain", why});
    return;
  }
  if (dns.zones.empty()) {
    faults.push_back(
        {"dns.zones", "must name the zones whose records are changed, such as \"8.b.d.0.1.0.0.2.ip6.arpa\""});
  }
  for (auto zone = dns.zones.begin(); zone != dns.zones.end(); ++zone) {
    if (std::find(dns.zones.begin(), zone, *zone) != zone) faults.push_back({"dns.zones", *zone + " stands twice"});
  }
  const auto holds_domain = [&](const std::string& zone) { return lies_in(dns.domain, zone); };
  if (!dns.domain.empty() && !dns.zones.empty() && std::ranges::none_of(dns.zones, holds_domain)) {
    faults.push_back({"dns.domain", dns.domain + " lies in none of dns.zones"});
  }
}

}  // namespace

void settle_dns(DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const DnsSettings& dns = config.dns;
  check_destination(dns, faults);
  check_zones(dns, faults);
  config.broker.dns.reset();
  if (dns.on()) {
    config.broker.dns = DnsPolicy{.delegates = std::ranges::any_of(dns.zones, is_reverse), .domain = dns.domain};
  }
}

}  // namespace tsp::linux_
