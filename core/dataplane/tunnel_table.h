// SPDX-License-Identifier: Apache-2.0
//
// Which tunnel a packet belongs to: the plain table for one thread, used by the simulated datapath and as the reference
// for the concurrent one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include <tsp/address.h>
#include <tsp/datapath.h>

namespace tsp::dataplane {

class TunnelTable {
 public:
  // The rules of InstallTunnel: all or nothing, what is replaced goes in the same step. A tunnel that was confirmed
  // since it was installed stays so when the same spec is installed again.
  [[nodiscard]] DatapathStatus install(const TunnelSpec& spec, const std::vector<TunnelId>& replaces);
  // False if there is none.
  bool remove(TunnelId id);
  // To confirm it; nothing else of it may be changed.
  [[nodiscard]] TunnelSpec* find(TunnelId id);
  [[nodiscard]] const TunnelSpec* find(TunnelId id) const;
  [[nodiscard]] const TunnelSpec* find_by_path(const FourTuple& path) const;
  // The longest prefix (a /128 or a delegated one) that holds the address.
  [[nodiscard]] const TunnelSpec* find_by_inner(const IPv6Address& destination) const;
  [[nodiscard]] std::vector<TunnelSpec> list() const;  // in the order of ids
  [[nodiscard]] std::size_t size() const { return tunnels_.size(); }

 private:
  [[nodiscard]] std::optional<TunnelId> owner_of(const FourTuple& path) const;
  [[nodiscard]] std::optional<TunnelId> owner_of(const IPv6Prefix& prefix) const;
  void insert(const TunnelSpec& spec);
  void forget(const IPv6Prefix& prefix);

  std::map<TunnelId, TunnelSpec> tunnels_;
  std::unordered_map<FourTuple, TunnelId> by_path_;
  // One table a prefix length in use; lengths are few (at most 18).
  std::map<std::uint8_t, std::unordered_map<IPv6Address, TunnelId>, std::greater<>> by_prefix_;
};

}  // namespace tsp::dataplane
