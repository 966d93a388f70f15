// SPDX-License-Identifier: Apache-2.0
//
// What is not given out for a while after it was used. The account that gave up a prefix, by asking for one of another
// length, may have it back: then it is Held again, whether the new offer is accepted or not, and goes into quarantine
// anew when the account accepts another length. So a quarantine that has ended never has to be restored.
#include <algorithm>
#include <optional>
#include <utility>

#include "core/broker/impl.h"
#include "core/broker/lease_list.h"

namespace tsp {
namespace {

constexpr std::size_t kEndedAtOnce = 256;

}  // namespace

void Broker::Impl::quarantine(const std::vector<IPv6Prefix>& prefixes, Duration time) {
  if (!prefixes.empty()) commit_for_good(quarantine_changes(prefixes, kAnonymous, time));
}

// Not given out before `time` has passed, but to `owner`, if that is an account.
std::vector<StoreChange> Broker::Impl::quarantine_changes(const std::vector<IPv6Prefix>& prefixes, AccountId owner,
                                                          Duration time) {
  const WallTime until = now_.wall + time;
  std::vector<StoreChange> changes;
  for (const IPv6Prefix& prefix : prefixes) {
    pools_.quarantine(prefix, until);
    changes.emplace_back(PutClaim{Claim{.prefix = prefix,
                                        .owner = owner,
                                        .state = ClaimState::Quarantined,
                                        .until = until,
                                        .broker = config_->broker}});
  }
  return changes;
}

// What its owner has taken back meanwhile is not free.
void Broker::Impl::end_quarantines() {
  if (quarantines_ending_ || !ready_ || stopping_) return;
  const WallTime now = now_.wall;
  const std::vector<IPv6Prefix> ended = pools_.ended_quarantines(now, kEndedAtOnce);
  if (ended.empty()) return;
  quarantines_ending_ = true;
  std::vector<StoreChange> changes;
  for (const IPv6Prefix& prefix : ended) changes.emplace_back(EndQuarantine{.prefix = prefix, .now = now});
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, ended, now](const StoreDone& done) {
        quarantines_ending_ = false;
        if (done.status != StoreStatus::Done) return;
        // An installation takes it back behind this commit, and settles what becomes of it.
        const auto is_installing = [this](const IPv6Prefix& prefix) {
          return std::ranges::any_of(claims_installing_, [&](const auto& installing) {
            return tunnels_.find(installing.first)->record.delegated == prefix;
          });
        };
        for (const IPv6Prefix& prefix : ended) {
          const auto end = pools_.quarantine_end(prefix);
          if (end && *end <= now && !is_installing(prefix)) pools_.release(prefix);
        }
      },
      std::nullopt);
}

// Another session of the account has given up a prefix since the record was read.
bool Broker::Impl::is_overtaken(const AccountRecord& record, TunnelType type) const {
  return std::ranges::any_of(record.prefixes_for(type),
                             [this](const Claim& claim) { return pools_.quarantine_end(claim.prefix).has_value(); });
}

// After a commit that takes it back, submitted when it was in quarantine until then. If its quarantine has another end
// by now, it was given up again meanwhile.
void Broker::Impl::settle_taken_back(const IPv6Prefix& prefix, WallTime until, StoreStatus written) {
  const auto take = [this, prefix, until] {
    if (pools_.quarantine_end(prefix) == until) pools_.claim(prefix);
  };
  if (written == StoreStatus::Done) return take();
  read_after_commits(prefix, [this, prefix, take](const std::vector<Lease>& leases) {
    const bool is_held = std::ranges::any_of(leases, [&](const Lease& lease) {
      return lease.claim.prefix == prefix && lease.claim.state == ClaimState::Held;
    });
    if (!is_held) return;
    // Its quarantine may have ended here meanwhile; in the store there was none any more.
    if (!pools_.is_claimed(prefix)) return pools_.claim(prefix);
    take();
  });
}

// A commit that is not known to be made may still be. Ending what ends in 1970 changes nothing, and waits for its turn.
void Broker::Impl::read_after_commits(const IPv6Prefix& prefix, std::function<void(const std::vector<Lease>&)> then) {
  const auto on_read = [then = std::move(then)](const StoreDone& done) {
    if (done.status == StoreStatus::Done) then(done.leases);
  };
  const auto read = [this, prefix, on_read](const StoreDone& /*done*/) {
    ask_store(ListLeases{.op = {}, .range = prefix, .after = std::nullopt, .limit = broker::kLeasesAround}, on_read,
              std::nullopt);
  };
  ask_store(CommitChanges{.op = {}, .changes = {EndQuarantine{.prefix = prefix, .now = {}}}}, read, std::nullopt);
}

}  // namespace tsp
