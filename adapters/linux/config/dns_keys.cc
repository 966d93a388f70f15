// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/dns_keys.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "adapters/linux/config/make_key.h"
#include "core/wire/dns_name.h"

namespace tsp::linux_ {
namespace {

bool is_reverse(std::string_view zone) {
  return wire::lies_in(zone, "ip6.arpa");
}

// Of whole nibbles: of the shortest prefix that holds this one.
std::string zone_around(const IPv6Prefix& prefix) {
  return wire::reverse_name(prefix.base, prefix.length / 4U);
}

bool have_names_in_common(std::string_view zone, std::string_view other) {
  return wire::lies_in(other, zone) || wire::lies_in(zone, other);
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
  for (std::size_t i = 0; i < dns.zones.size(); ++i) {
    if (is_repeated(dns.zones, i)) faults.push_back({"dns.zones", dns.zones[i] + " stands twice"});
  }
  const auto holds_domain = [&](const std::string& zone) { return wire::lies_in(dns.domain, zone); };
  if (!dns.domain.empty() && !dns.zones.empty() && std::ranges::none_of(dns.zones, holds_domain)) {
    faults.push_back({"dns.domain", dns.domain + " lies in none of dns.zones"});
  }
}

}  // namespace

void add_dns_keys(std::vector<Key>& keys) {
  using enum Change;
  constexpr std::string_view kNone = "none";
  keys.push_back(
      make_key("dns", "server", AtRestart, derived(server_address()), TSP_MEMBER(dns.server),
               "The name server that takes dynamic updates of `zones`; see [DNS of tunnels](dns.md). Without "
               "it and `fragment_folder` nothing is done in the DNS.",
               kNone));
  keys.push_back(make_key("dns", "key_file", AtRestart, text("an absolute path", is_path), TSP_MEMBER(dns.key_file),
                          "The TSIG key that updates are signed with, as `tsig-keygen` writes it; readable by nobody "
                          "but its owner.",
                          kNone));
  keys.push_back(
      make_key("dns", "fragment_folder", AtRestart, text("an absolute path", is_path), TSP_MEMBER(dns.fragment_folder),
               "For a name server without dynamic updates: where `ZONE.inc` is written for each of `zones`.", kNone));
  keys.push_back(make_key("dns", "zones", AtRestart, list(dns_name(), 0), TSP_MEMBER(dns.zones),
                          "The zones that the server is primary for. Reverse zones of prefixes are delegated if one of "
                          "them lies in `ip6.arpa`."));
  keys.push_back(
      make_key("dns", "domain", AtRestart, dns_name(), TSP_MEMBER(dns.domain),
               "The address of an account has the name LOGIN.`domain`, which offers tell, if its login can be "
               "a label of the DNS, in small letters.",
               kNone));
  keys.push_back(make_key("dns", "ttl_seconds", AtRestart, number<std::uint32_t>(0, 604'800),
                          TSP_MEMBER(dns.ttl_seconds), "The TTL of the records."));
  keys.push_back(make_key("dns", "accounts_max", AtRestart, number<std::uint32_t>(1, kCountMax),
                          TSP_MEMBER(dns.accounts_max), "Accounts that have records; more get none."));
}

void settle_dns(DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const DnsSettings& dns = config.dns;
  check_destination(dns, faults);
  check_zones(dns, faults);
  config.broker.dns.reset();
  if (dns.on()) {
    config.broker.dns = DnsPolicy{.delegates = std::ranges::any_of(dns.zones, is_reverse), .domain = dns.domain};
  }
}

std::vector<std::string> dns_warnings(const DaemonConfig& config) {
  const DnsSettings& dns = config.dns;
  if (!config.broker.dns) return {};
  const std::string own = zone_around(config.broker.pool.prefix);
  const auto holds_own = [&](const std::string& zone) { return have_names_in_common(zone, own); };
  const auto is_of_use = [&](const std::string& zone) {
    if (!is_reverse(zone)) return !dns.domain.empty() && wire::lies_in(dns.domain, zone);
    return holds_own(zone) || std::ranges::any_of(config.broker.other_pools, [&](const IPv6Prefix& other) {
             return !is_mapped(other) && have_names_in_common(zone, zone_around(other));
           });
  };
  std::vector<std::string> lines;
  for (const std::string& zone : dns.zones) {
    if (is_of_use(zone)) continue;
    lines.push_back(
        "dns.zones: " + zone + " holds nothing of " +
        (is_reverse(zone) ? "prefix, whose reverse zone is " + own + ", nor of pool.other_pools" : "dns.domain") +
        ": nothing is ever changed in it");
  }
  if (config.broker.dns->delegates && std::ranges::none_of(dns.zones, holds_own)) {
    lines.push_back("dns.zones: none of them holds anything of prefix, whose reverse zone is " + own +
                    ": nothing of it is delegated");
  }
  return lines;
}

}  // namespace tsp::linux_
