// SPDX-License-Identifier: Apache-2.0
//
// Which tunnel a packet belongs to, for one writer and many readers that never wait.
//
// Each change makes a new version, and a reader sees one version at a time: either what a tunnel replaces or the
// tunnel itself, never both, never neither, and a tunnel by its path and its addresses alike.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <tsp/datapath.h>

#include "adapters/linux/datapath/tun/tunnel.h"

namespace tsp::linux_ {

class ForwardingTable {
 public:
  ForwardingTable();
  // No reader may be left.
  ~ForwardingTable();
  ForwardingTable(const ForwardingTable&) = delete;
  ForwardingTable& operator=(const ForwardingTable&) = delete;

  // ---- for the one thread that changes the table ----

  // The rules of InstallTunnel. `listener`: see Tunnel.
  [[nodiscard]] DatapathStatus install(const TunnelSpec& spec, const std::vector<TunnelId>& replaces,
                                       std::size_t listener, Instant now);
  void remove(TunnelId id);
  // Null if there is none. Valid until the tunnel is removed or replaced.
  [[nodiscard]] Tunnel* find(TunnelId id) const;
  // In the order of ids, with the present `confirmed`.
  [[nodiscard]] std::vector<TunnelSpec> list() const;

  // ---- for readers that called register_rcu_thread; within an RcuReadSection, which the result is valid for ----

  [[nodiscard]] Tunnel* find_by_path(const FourTuple& path) const;
  // The longest prefix that holds the address.
  [[nodiscard]] Tunnel* find_by_inner(const IPv6Address& destination) const;

 private:
  struct TableDeleter {
    void operator()(cds_lfht* table) const;
  };
  using Table = std::unique_ptr<cds_lfht, TableDeleter>;
  // Which prefix lengths are in use, of one version: the writer counts, readers look at the bits.
  struct Lengths {
    std::array<std::uint32_t, 129> users{};
    std::array<std::atomic<std::uint64_t>, 3> bits{};

    void add(std::uint8_t length);
    void drop(std::uint8_t length);
  };

  // More buckets when there are as many tunnels as buckets. Not within a read section.
  void grow();
  void link(Tunnel& tunnel);
  void unlink(Tunnel& tunnel);
  // Makes the next version, with `added` (may be null) and without `ended`.
  void commit(Tunnel* added, const std::vector<Tunnel*>& ended);
  // Whether `spec` may come when `replaces` go (see InstallTunnel).
  [[nodiscard]] bool conflicts(const TunnelSpec& spec, const std::vector<TunnelId>& replaces) const;
  [[nodiscard]] Tunnel* owner_of(const IPv6Prefix& prefix) const;
  // Those that go when `spec` comes; the tunnel itself if it has to be made anew.
  [[nodiscard]] std::vector<Tunnel*> ended_by(const TunnelSpec& spec, const std::vector<TunnelId>& replaces) const;
  template <class Lookup>
  [[nodiscard]] Tunnel* find_in_one_version(const Lookup& lookup) const;
  [[nodiscard]] Lengths& lengths_of(const IPv6Prefix& prefix) { return is_mapped(prefix) ? ipv4_lengths_ : lengths_; }
  [[nodiscard]] Tunnel* find_longest(const IPv6Address& address, std::uint64_t version) const;

  std::unordered_map<TunnelId, Tunnel*> by_id_;
  unsigned long buckets_;  // of each of the two tables
  Table paths_;
  Table prefixes_;
  Lengths lengths_;
  Lengths ipv4_lengths_;
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace tsp::linux_
