// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/redirect_keys.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "adapters/linux/config/host_addresses.h"
#include "adapters/linux/config/make_key.h"
#include "core/dataplane/address_scope.h"
#include "core/wire/broker_address.h"

namespace tsp::linux_ {
namespace {

constexpr const char* kCircle = "is this broker itself: its clients would be sent in a circle";

bool is_own(const DaemonConfig& config, const BrokerAddress& broker) {
  const auto* ipv4 = std::get_if<IPv4Address>(&broker.host);
  const auto* ipv6 = std::get_if<IPv6Address>(&broker.host);
  if (ipv4 == nullptr && ipv6 == nullptr) return false;
  const IPv6Address address = ipv4 != nullptr ? map_ipv4(*ipv4) : *ipv6;
  const auto& own = config.broker.own_addresses;
  const bool of_host = std::ranges::find(own, address) != own.end();
  return std::ranges::any_of(config.listen, [&](const Endpoint& listen) {
    return listen.port == broker.port && (listen.address == address || of_host);
  });
}

// Why clients cannot be sent there.
std::optional<std::string> address_fault(const BrokerAddress& broker) {
  if (const auto* ipv4 = std::get_if<IPv4Address>(&broker.host)) {
    if (!dataplane::is_unicast(*ipv4)) return "is no address of a host";
  }
  if (const auto* ipv6 = std::get_if<IPv6Address>(&broker.host)) {
    const bool link_local = ipv6->octets[0] == 0xFE && (ipv6->octets[1] & 0xC0) == 0x80;
    if (ipv6->octets[0] == 0 || ipv6->octets[0] == 0xFF || link_local) return "is no address that clients can reach";
  }
  return std::nullopt;
}

// What clients see of an address that is served, if that is one.
std::optional<BrokerAddress> public_address(const DaemonConfig& config, const Endpoint& listen) {
  IPv6Address address = listen.address;
  if (is_any(address)) {
    const auto own = most_public(config.broker.own_addresses, listen.is_ipv4(), config.broker.pool.prefix);
    if (!own) return std::nullopt;
    address = *own;
  }
  return listen.is_ipv4() ? BrokerAddress(unmap(address), listen.port) : BrokerAddress(address, listen.port);
}

std::vector<BrokerAddress> public_addresses(const DaemonConfig& config) {
  std::vector<BrokerAddress> addresses;
  for (const Endpoint& listen : config.listen) {
    const auto address = public_address(config, listen);
    const bool is_new = address && std::ranges::find(addresses, *address) == addresses.end();
    if (is_new && addresses.size() < kBrokerAddressesMax) addresses.push_back(*address);
  }
  return addresses;
}

void check_brokers(const DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const std::vector<BrokerAddress>& brokers = config.redirect.brokers;
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    if (is_repeated(brokers, i)) {
      faults.push_back({"redirect.brokers", to_text(brokers[i]) + " is in the list twice"});
    } else if (is_own(config, brokers[i])) {
      faults.push_back({"redirect.brokers", to_text(brokers[i]) + " " + kCircle});
    } else if (const auto fault = address_fault(brokers[i])) {
      faults.push_back({"redirect.brokers", to_text(brokers[i]) + " " + *fault});
    }
  }
}

// What the lists have at one place. They are empty, or as long as that of the brokers.
OtherBroker listed_broker(const RedirectSettings& lists, std::size_t i) {
  OtherBroker broker{.address = lists.brokers[i]};
  if (!lists.broker_ids.empty()) broker.id = BrokerId{lists.broker_ids[i]};
  if (!lists.regions.empty()) broker.region = lists.regions[i];
  if (!lists.capacities.empty()) broker.weight = broker.capacity = lists.capacities[i];
  if (!lists.weights.empty()) broker.weight = lists.weights[i];
  return broker;
}

}  // namespace

void add_redirect_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(make_key("redirect", "brokers", AtReload, list(broker_address(), 0), TSP_MEMBER(redirect.brokers),
                          "Other brokers that clients are sent to when this one is full or drains, at most 8 and never "
                          "this one itself. Clients on IPv4 are told of IPv4 addresses and names only, and of one with "
                          "another port than 3653 alone. `[]`: those that are on the same store."));
  keys.push_back(make_key("redirect", "weights", AtReload, list(number<std::uint32_t>(0, 1000), 0),
                          TSP_MEMBER(redirect.weights),
                          "The shares of clients that the brokers of the list are to get, in its order; 0: only named "
                          "after all others. `[]`: by their `capacities`, or else all the same."));
  keys.push_back(make_key("redirect", "broker_ids", AtReload, list(number<std::uint32_t>(1, 0x7FFFFFFF), 0),
                          TSP_MEMBER(redirect.broker_ids),
                          "The `server.broker_id` of each broker of the list, in its order: an account that has one of "
                          "them as its home is sent there. `[]`: every account is served."));
  keys.push_back(
      make_key("redirect", "regions", AtReload,
               list(text("a word of at most 32 letters, digits, '-', '_' and '.'", wire::valid_region), 0),
               TSP_MEMBER(redirect.regions),
               "Where each broker of the list is, in its order: clients are told of those first whose region "
               "is `server.region`, or that of their account's home. `[]`: all are as near."));
  keys.push_back(make_key(
      "redirect", "capacities", AtReload, list(number<std::uint32_t>(1, kCountMax), 0), TSP_MEMBER(redirect.capacities),
      "How many tunnels each broker of the list takes, in its order. Clients are shared out "
      "accordingly where `weights` does not say otherwise; and one of `broker_ids` that has as many "
      "tunnels, as the store tells, is not named. `[]`: not known."));
  keys.push_back(make_key("redirect", "brokers_per_datagram_max", AtReload,
                          number<std::uint32_t>(1, std::uint32_t{kOtherBrokersMax}),
                          TSP_MEMBER(broker.redirect_brokers_udp_max),
                          "How many of them one answer over UDP names: the request may be forged, and its answer much "
                          "larger."));
}

void settle_announcement(DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const char* key = "server.public_addresses";
  const AnnouncementSettings& wanted = config.announcement;
  if (wanted.addresses) {
    const auto& given = *wanted.addresses;
    if (given.size() > kBrokerAddressesMax) {
      faults.push_back({key, "expected at most " + std::to_string(kBrokerAddressesMax) + " addresses, found " +
                                 std::to_string(given.size())});
    }
    for (const BrokerAddress& address : given) {
      if (const auto fault = address_fault(address)) faults.push_back({key, to_text(address) + " " + *fault});
    }
  }
  config.broker.announcement = Announcement{.addresses = wanted.addresses.value_or(public_addresses(config)),
                                            .region = wanted.region,
                                            .weight = wanted.weight};
}

void settle_redirect(DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const auto& [brokers, weights, ids, regions, capacities] = config.redirect;
  if (brokers.size() > kOtherBrokersMax) {
    faults.push_back({"redirect.brokers", "expected at most " + std::to_string(kOtherBrokersMax) + " brokers, found " +
                                              std::to_string(brokers.size())});
  }
  bool sizes_agree = true;
  const auto check_size = [&](const char* key, std::size_t size) {
    if (size == 0 || size == brokers.size()) return;
    sizes_agree = false;
    faults.push_back({key, "expected one for each of the " + std::to_string(brokers.size()) +
                               " redirect.brokers, found " + std::to_string(size)});
  };
  check_size("redirect.weights", weights.size());
  check_size("redirect.broker_ids", ids.size());
  check_size("redirect.regions", regions.size());
  check_size("redirect.capacities", capacities.size());
  check_brokers(config, faults);
  config.broker.other_brokers.clear();
  if (!sizes_agree) return;
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    OtherBroker other = listed_broker(config.redirect, i);
    if (other.id && is_repeated(ids, i)) {
      faults.push_back({"redirect.broker_ids", std::to_string(ids[i]) + " is in the list twice"});
    }
    if (other.id == config.broker.broker) {
      faults.push_back({"redirect.broker_ids", to_text(brokers[i]) + " " + kCircle});
    }
    config.broker.other_brokers.push_back(std::move(other));
  }
}

}  // namespace tsp::linux_
