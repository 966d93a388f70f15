// SPDX-License-Identifier: Apache-2.0
//
// What is true of the world, from what crossed the broker's borders alone: what was said and answered, what is on disk,
// what the datapath was ordered to hold, who was heard when. The naive model that every family of checkers judges by;
// it shares no code with the core but addresses. It is told of everything before they are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/sim/checkers/conversations.h"
#include "adapters/sim/observer.h"
#include "adapters/sim/world.h"

namespace tsp::sim {

// A tunnel that the datapath was ordered to hold.
struct Forwarded {
  TunnelSpec spec;
  AccountId account{};
  Instant installed{};
  std::optional<Instant> accepted{};  // the last packet of the client that certainly was
  std::optional<Instant> heard{};     // the last inner packet on its path, whatever became of it
  bool proved = false;                // by `confirmed`, or by a packet with the client's own source
  bool lost = false;                  // the world took it away, and the broker was not asked
  std::uint64_t packets_in = 0;       // on its path, since it was installed first
  std::uint64_t packets_out = 0;
};

struct ClaimChange {
  IPv6Prefix prefix;
  std::optional<Claim> before{};
  std::optional<Claim> after{};
};
struct TunnelChange {
  std::optional<TunnelRecord> before{};
  std::optional<TunnelRecord> after{};  // of the same tunnel
  EndReason reason = EndReason::Idle;   // if there is none after
};

class Truth final : public Observer {
 public:
  explicit Truth(World& world);

  void on_start() override;
  void on_crash() override;
  void on_arrival(const FourTuple& path, ByteView datagram) override;
  void on_departure(const FourTuple& path, ByteView datagram) override;
  void on_inner_to_host(const FourTuple* path, ByteView packet) override;
  void on_fact(const Fact& fact) override;
  void on_order(const Order& order) override;
  void on_commit(const std::vector<StoreChange>& changes) override;
  void on_datapath(const DatapathOrder& order, DatapathStatus status) override;
  void after_step() override;

  // ---- what was said
  [[nodiscard]] const Conversations& conversations() const { return conversations_; }
  // The datagram that is leaving; none of its parts for an inner packet.
  [[nodiscard]] const Reply& reply() const { return reply_; }

  // ---- what is on disk
  [[nodiscard]] const std::map<IPv6Prefix, Claim>& claims() const { return claims_; }
  [[nodiscard]] const Claim* claim(const IPv6Prefix& prefix) const;
  [[nodiscard]] const std::map<TunnelId, TunnelRecord>& records() const { return records_; }
  [[nodiscard]] const TunnelRecord* record(TunnelId id) const;
  // By the last commit.
  [[nodiscard]] const std::vector<ClaimChange>& claim_changes() const { return claim_changes_; }
  [[nodiscard]] const std::vector<TunnelChange>& tunnel_changes() const { return tunnel_changes_; }
  [[nodiscard]] bool was_deleted(AccountId account) const;
  // By an operator, as the commit says itself.
  [[nodiscard]] bool was_released(const IPv6Prefix& prefix) const;
  // Hash of the account's login; of "" for kAnonymous.
  [[nodiscard]] std::optional<std::uint64_t> login_of(AccountId account) const;

  // ---- what the datapath holds
  [[nodiscard]] const std::map<TunnelId, Forwarded>& forwarded() const { return forwarded_; }
  [[nodiscard]] const Forwarded* forwarded(TunnelId id) const;
  [[nodiscard]] const Forwarded* forwarded_on(const FourTuple& path) const;
  // Whether the datapath itself says that it holds it.
  [[nodiscard]] bool is_held(TunnelId id) const;
  // By the last order.
  [[nodiscard]] const std::vector<Forwarded>& removed() const { return removed_; }
  // With what was installed last: whoever is still held and has its path, or an address of it.
  [[nodiscard]] const std::vector<TunnelId>& conflicts() const { return conflicts_; }

  // ---- time
  [[nodiscard]] Instant life_began() const { return life_began_; }
  // The latest reading so far: what has ended by one look at the clock may be acted upon after it was stepped back.
  [[nodiscard]] WallTime wall_max() const { return wall_max_; }

 private:
  void note_time();
  void note_losses();
  void load();
  void take(const AddAccount& change);
  void take(const UpdateAccount& change) { static_cast<void>(change); }
  void take(const DeleteAccount& change);
  void take(const PutClaim& change);
  void take(const WithdrawClaim& change);
  void take(const EndQuarantine& change);
  void take(const PutNameServers& change) { static_cast<void>(change); }
  void take(const PutTunnel& change);
  void take(const EvictTunnels& change) { static_cast<void>(change); }  // there is no other broker
  void take(const EraseTunnel& change);
  void take(const PutBroker& change) { static_cast<void>(change); }
  void take(const EraseBroker& change) { static_cast<void>(change); }
  void take(const PutApiToken& change) { static_cast<void>(change); }
  void take(const EraseApiToken& change) { static_cast<void>(change); }
  void take(const PutConsoleLogin& change) { static_cast<void>(change); }
  void take(const EraseConsoleLogin& change) { static_cast<void>(change); }
  void take(const PutConsoleTotp& change) { static_cast<void>(change); }
  void take(const EraseConsoleTotp& change) { static_cast<void>(change); }
  void take(const UseConsoleTotp& change) { static_cast<void>(change); }
  void take(const AddAuditEntry& change);
  void set_claim(const IPv6Prefix& prefix, const std::optional<Claim>& after);
  void take(const InstallTunnel& order);
  void take(const RemoveTunnel& order);
  void take(const ListTunnels& order) { static_cast<void>(order); }
  void take(const QueryUsage& order) { static_cast<void>(order); }
  void settle_conflicts(const TunnelSpec& spec);
  void insert(const Forwarded& tunnel);
  void drop(TunnelId id);
  void note_downlink(const FourTuple& path, ByteView packet);
  [[nodiscard]] Forwarded* find_on(const FourTuple& path);

  World& world_;
  Conversations conversations_;
  Reply reply_;
  std::map<AccountId, std::uint64_t> logins_;
  std::map<IPv6Prefix, Claim> claims_;
  std::map<TunnelId, TunnelRecord> records_;
  std::vector<ClaimChange> claim_changes_;
  std::vector<TunnelChange> tunnel_changes_;
  std::vector<AccountId> deleted_;
  std::vector<std::string> released_;  // prefixes
  std::map<TunnelId, Forwarded> forwarded_;
  std::unordered_map<FourTuple, TunnelId> by_path_;
  std::map<IPv6Prefix, TunnelId> by_prefix_;
  std::vector<Forwarded> removed_;
  std::vector<TunnelId> conflicts_;
  std::optional<TunnelId> asking_;  // whose packet is just being handled
  std::size_t held_ = 0;            // how many the datapath had when it was last looked at
  Instant life_began_{};
  WallTime wall_max_{};
};

// The first prefix of `map` that overlaps `prefix` and whose value is `wanted`; null if there is none.
template <class Value, class Wanted>
[[nodiscard]] const std::pair<const IPv6Prefix, Value>* find_overlapping(const std::map<IPv6Prefix, Value>& map,
                                                                         const IPv6Prefix& prefix, Wanted wanted) {
  for (auto inside = map.lower_bound(prefix); inside != map.end() && prefix.contains(inside->first); ++inside) {
    if (wanted(inside->second)) return &*inside;
  }
  for (unsigned length = 0; length < prefix.length; ++length) {
    const auto around = map.find(make_prefix(prefix.base, length));
    if (around != map.end() && wanted(around->second)) return &*around;
  }
  return nullptr;
}

// ---- fields of an inner packet
// Whether it holds at least the header of its version (RFC 8200 section 3, RFC 791 section 3.1).
[[nodiscard]] bool has_inner_header(ByteView packet);
// Of a packet that does; the addresses of IPv4 mapped.
struct InnerIcmp {
  std::uint8_t type = 0;
  bool ipv4 = false;
};
[[nodiscard]] std::optional<InnerIcmp> inner_icmp(ByteView packet);
[[nodiscard]] IPv6Address inner_source(ByteView packet);
[[nodiscard]] IPv6Address inner_destination(ByteView packet);
[[nodiscard]] bool is_clients_own(const TunnelSpec& tunnel, const IPv6Address& address);

}  // namespace tsp::sim
