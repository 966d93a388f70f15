// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/resources.h"

#include <algorithm>
#include <set>

namespace tsp::sim {
namespace {

constexpr std::string_view kOverlap = "1, no overlap";
constexpr std::string_view kConservation = "2, conservation";
constexpr std::string_view kDurable = "4, durable before visible";
constexpr std::string_view kOrphan = "5, no orphan in the datapath";
constexpr std::string_view kSticky = "6, sticky and quarantined";
constexpr std::string_view kQuota = "7, quotas";

bool is_quarantined(const Claim& claim) {
  return claim.state == ClaimState::Quarantined;
}

// What is in quarantine stands alone; what two brokers have for anonymous clients is not one owner's.
bool may_stand_together(const Claim& a, const Claim& b) {
  if (is_quarantined(a) || is_quarantined(b)) return false;
  return a.owner == b.owner && (a.owner != kAnonymous || a.broker == b.broker);
}

bool is_same_lease(const TunnelRecord& record, const ToldOffer& offer) {
  return record.inner == offer.inner && record.delegated == offer.delegated;
}

}  // namespace

// ---- what is told ---------------------------------------------------------------------------------------------------

void Resources::on_departure(const FourTuple& path, ByteView /*datagram*/) {
  const Reply& reply = truth_.reply();
  if (reply.offer) check_offer(path, *reply.offer);
  if (!reply.acceptable.empty()) check_accepted(path, reply.acceptable);
}

void Resources::check_offer(const FourTuple& path, const ToldOffer& offer) {
  check_told(path, host_prefix(offer.inner));
  if (offer.delegated) check_told(path, *offer.delegated);
}

void Resources::check_told(const FourTuple& path, const IPv6Prefix& prefix) {
  const Claim* claim = truth_.claim(prefix);
  const std::string what = to_text(prefix) + " is told to " + to_text(path.remote);
  if (claim == nullptr) return report(kDurable, what + " and not claimed on disk");
  if (is_quarantined(*claim)) report(kDurable, what + " and in quarantine");
}

void Resources::check_accepted(const FourTuple& path, const std::vector<ToldOffer>& offers) {
  const std::string what = "the accept of " + to_text(path.remote) + " is answered";
  const auto is_offered = [&](const Forwarded& tunnel) {
    const TunnelRecord* record = truth_.record(tunnel.spec.id);
    return record != nullptr &&
           std::ranges::any_of(offers, [&](const ToldOffer& offer) { return is_same_lease(*record, offer); });
  };
  // In UDP on that very path; or without ports, between the address it came to and the one that the offer named.
  std::vector<FourTuple> places{path, without_ports(path)};
  for (const ToldOffer& offer : offers) {
    if (offer.outer) places.push_back({{*offer.outer, 0}, {path.local.address, 0}});
  }
  bool forwarded = false;
  for (const FourTuple& place : places) {
    const Forwarded* tunnel = truth_.forwarded_on(place);
    if (tunnel != nullptr && is_offered(*tunnel)) return;
    forwarded = forwarded || tunnel != nullptr;
  }
  report(kDurable, what + (forwarded ? " and no tunnel of it is on disk and what was offered"
                                     : " and the datapath has no tunnel for it"));
}

// ---- the disk -------------------------------------------------------------------------------------------------------

void Resources::on_commit(const std::vector<StoreChange>& /*changes*/) {
  for (const ClaimChange& change : truth_.claim_changes()) {
    if (change.after) check_overlap(*change.after);
    check_quarantine(change);
    check_stickiness(change);
  }
  for (const TunnelChange& change : truth_.tunnel_changes()) {
    if (change.before && change.after) check_same_record(*change.before, *change.after);
    if (change.before && !change.after) check_erased_record(*change.before);
    if (!change.before && change.after) check_new_record(*change.after);
  }
}

void Resources::check_overlap(const Claim& claim) {
  const auto in_the_way = [&](const Claim& other) {
    return other.prefix != claim.prefix && !may_stand_together(claim, other);
  };
  const auto* other = find_overlapping(truth_.claims(), claim.prefix, in_the_way);
  if (other == nullptr) return;
  report(kOverlap, to_text(claim.prefix) + " of " + to_text(claim.owner) + " and " + to_text(other->first) + " of " +
                       to_text(other->second.owner));
}

// By the latest reading of the wall clock: an end that was seen stays one when the clock is stepped back. The account
// that gave it up may have it back before.
void Resources::check_quarantine(const ClaimChange& change) {
  if (!change.before || !is_quarantined(*change.before)) return;
  const AccountId owner = change.before->owner;
  const bool same_owner = change.after && change.after->owner == owner;
  const bool goes_on = change.after && is_quarantined(*change.after);
  if (goes_on && !same_owner && change.after->owner != kAnonymous) {
    report(kSticky, to_text(change.prefix) + " goes to " + to_text(change.after->owner) + " in quarantine");
  }
  const bool taken_back = same_owner && owner != kAnonymous;
  if (!goes_on && !taken_back && !truth_.was_released(change.prefix) && change.before->until > truth_.wall_max()) {
    report(kSticky, to_text(change.prefix) + " leaves its quarantine before its end");
  }
}

// What an account holds leaves it when an operator deletes the account or takes it away, or, for a prefix, when one of
// another length takes its place.
void Resources::check_stickiness(const ClaimChange& change) {
  if (!change.before || change.before->state != ClaimState::Held || change.before->owner == kAnonymous) return;
  const AccountId owner = change.before->owner;
  if (truth_.was_deleted(owner)) return;
  if (truth_.was_released(change.prefix) && change.after && is_quarantined(*change.after)) return;
  if (change.after && change.after->owner == owner && change.after->state == ClaimState::Held) return;
  const bool outdated = change.prefix.length < 128 && change.after && is_quarantined(*change.after) &&
                        std::ranges::any_of(
                            truth_.claims(),
                            [&](const auto& entry) {
                              return entry.second.owner == owner && entry.first.length < 128 &&
                                     entry.second.state == ClaimState::Held &&
                                     is_mapped(entry.first) == is_mapped(change.prefix);
                            });
  if (!outdated) report(kSticky, to_text(owner) + " loses " + to_text(change.prefix));
}

bool Resources::holds(AccountId account, const IPv6Prefix& prefix) const {
  const Claim* claim = truth_.claim(prefix);
  return claim != nullptr && claim->state == ClaimState::Held && claim->owner == account;
}

void Resources::check_new_record(const TunnelRecord& record) {
  const bool whole = holds(record.account, host_prefix(record.inner)) &&
                     (!record.delegated || holds(record.account, *record.delegated));
  if (!whole) report(kDurable, to_text(record.id) + " is recorded without all that it uses");
}

void Resources::check_same_record(const TunnelRecord& before, const TunnelRecord& after) {
  const bool same = before.path == after.path && before.inner == after.inner && before.delegated == after.delegated &&
                    before.account == after.account;
  if (!same) report(kOrphan, to_text(after.id) + " becomes another one under the same id");
}

void Resources::check_erased_record(const TunnelRecord& record) {
  const Forwarded* tunnel = truth_.forwarded(record.id);
  if (tunnel == nullptr || !truth_.is_held(record.id)) return;
  report(kOrphan, to_text(record.id) + " is struck from the store and still forwarded");
}

// ---- the datapath ---------------------------------------------------------------------------------------------------

void Resources::on_datapath(const DatapathOrder& order, DatapathStatus status) {
  const auto* install = std::get_if<InstallTunnel>(&order);
  if (install != nullptr && status == DatapathStatus::Done) check_installed(*install);
}

void Resources::check_installed(const InstallTunnel& order) {
  const TunnelSpec& spec = order.spec;
  const TunnelRecord* record = truth_.record(spec.id);
  if (record == nullptr) return report(kOrphan, to_text(spec.id) + " is installed and not on disk");
  if (record->path != spec.path || record->inner != spec.inner || record->delegated != spec.delegated) {
    return report(kOrphan, to_text(spec.id) + " is installed as another one than on disk");
  }
  const bool whole =
      holds(record->account, host_prefix(spec.inner)) && (!spec.delegated || holds(record->account, *spec.delegated));
  if (!whole) return report(kOrphan, to_text(spec.id) + " is installed and does not hold all that it uses");
  check_quotas_of_new(order, *record);
}

// A tunnel that takes another's place is not one more, and neither is one that is put back where it was.
void Resources::check_quotas_of_new(const InstallTunnel& order, const TunnelRecord& record) {
  std::uint64_t all = 0;
  std::uint64_t of_source = 0;
  for (const auto& [id, tunnel] : truth_.forwarded()) {
    ++all;
    const bool same_source = tunnel.spec.path.remote.address == record.path.remote.address;
    if (tunnel.account == kAnonymous && same_source) ++of_source;
    if (record.account != kAnonymous && tunnel.account == record.account && id != record.id) {
      report(kQuota, to_text(record.account) + " has two tunnels in the datapath");
    }
  }
  if (!order.replaces.empty()) return;
  const BrokerConfig& config = world_.config();
  if (all > config.tunnels_max) report(kQuota, std::to_string(all) + " tunnels");
  if (record.account == kAnonymous && of_source > config.anonymous_tunnels_per_source_max) {
    report(kQuota, std::to_string(of_source) + " anonymous tunnels of " + to_text(record.path.remote));
  }
}

// ---- at rest --------------------------------------------------------------------------------------------------------

void Resources::sweep() {
  if (!world_.alive()) return;
  const StatusView status = world_.broker().status();
  if (!status.ready || status.operations != 0) return;
  check_conservation(status);
  check_quotas();
}

void Resources::check_conservation(const StatusView& status) {
  std::uint64_t quarantined = 0;
  for (const auto& [prefix, claim] : truth_.claims()) quarantined += is_quarantined(claim) ? 1 : 0;
  if (status.claims != truth_.claims().size()) {
    report(kConservation, "the broker knows " + std::to_string(status.claims) + " claims, the store " +
                              std::to_string(truth_.claims().size()));
  }
  if (status.quarantined != quarantined) {
    report(kConservation, "the broker knows " + std::to_string(status.quarantined) + " quarantines, the store " +
                              std::to_string(quarantined));
  }
}

void Resources::check_quotas() {
  std::set<AccountId> accounts;
  for (const auto& [id, record] : truth_.records()) {
    if (record.account == kAnonymous || accounts.insert(record.account).second) continue;
    report(kQuota, to_text(record.account) + " has two tunnels on disk");
  }
}

}  // namespace tsp::sim
