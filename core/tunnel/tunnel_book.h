// SPDX-License-Identifier: Apache-2.0
//
// The tunnels of this broker, by id, account and path.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <tsp/datapath.h>
#include <tsp/store.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/state_hash.h"
#include "core/tunnel/states.h"

namespace tsp::tunnel {

struct Tunnel {
  TunnelRecord record;
  TunnelState state = TunnelState::Installing;
  std::optional<std::uint64_t> session;  // that accepted it, if this process saw it
};

[[nodiscard]] TunnelSpec spec_of(const TunnelRecord& record);

// The two indexes name the tunnel that serves the account or the path: an Installing one is in neither before it
// becomes Active, so that there is never more than one.
class TunnelBook {
 public:
  // The id must be new.
  Tunnel& add(Tunnel tunnel);
  // Installing -> Active: takes the places of its account and path in the indexes. Those that held them must have
  // been removed before.
  void activate(Tunnel& tunnel);
  // Between Active and Removing; asserts that there is such an edge. The tunnel is one of the book.
  void move_to(Tunnel& tunnel, TunnelState next);
  void remove(TunnelId id);

  [[nodiscard]] Tunnel* find(TunnelId id);
  [[nodiscard]] const Tunnel* find(TunnelId id) const;
  [[nodiscard]] Tunnel* by_account(AccountId account);  // kAnonymous: none
  [[nodiscard]] Tunnel* by_path(const FourTuple& path);
  // Anonymous tunnels, Active or not, whose outer address is of the same source (base/source.h).
  [[nodiscard]] std::uint32_t anonymous_from(const IPv6Address& address) const;
  // The same of all tunnels.
  [[nodiscard]] std::uint32_t all_from(const IPv6Address& address) const;

  [[nodiscard]] std::uint64_t count(TunnelType type, TunnelState state) const;
  [[nodiscard]] std::size_t size() const { return tunnels_.size(); }
  [[nodiscard]] const std::map<TunnelId, Tunnel>& all() const { return tunnels_; }
  void check_invariants() const;
  void add_to(StateHash& hash) const;

 private:
  std::map<TunnelId, Tunnel> tunnels_;
  std::map<std::pair<TunnelType, TunnelState>, std::uint64_t> counts_;
  std::map<AccountId, TunnelId> by_account_;
  std::map<FourTuple, TunnelId> by_path_;
  std::map<IPv6Address, std::uint32_t> anonymous_by_source_;
  std::map<IPv6Address, std::uint32_t> all_by_source_;
};

}  // namespace tsp::tunnel
