// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/claims_table.h"

#include <algorithm>
#include <utility>

#include "adapters/linux/store/records.h"
#include "adapters/port/claim_rules.h"
#include "core/base/assert.h"

namespace tsp::linux_::sqlite {
Result<> ClaimsTable::apply(const PutClaim& change) {
  const Claim& claim = change.claim;
  TSP_ASSERT(store::is_claimable(claim.prefix));
  if (auto checked = check_inside(claim); !checked) return checked;
  if (auto checked = check_around(claim); !checked) return checked;
  if (auto checked = check_lengths(claim); !checked) return checked;
  if (auto inserted = write(insert_, claim); !inserted || connection_.changed_something()) return inserted;
  return write(update_, claim);
}

Result<> ClaimsTable::write(Statement& statement, const Claim& claim) {
  return statement.run(claim.prefix.base, claim.prefix.length, port::last_address(claim.prefix), claim.owner,
                       claim.state, claim.until, claim.broker);
}

Result<> ClaimsTable::apply(const WithdrawClaim& change) {
  return withdraw_.run(change.prefix.base, change.prefix.length, ClaimState::Offered, change.broker);
}

Result<> ClaimsTable::apply(const EndQuarantine& change) {
  return end_quarantine_.run(change.prefix.base, change.prefix.length, ClaimState::Quarantined, change.now);
}

Result<> ClaimsTable::erase(const IPv6Prefix& prefix) {
  return erase_.run(prefix.base, prefix.length);
}

// The claim's own row as well.
Result<> ClaimsTable::check_inside(const Claim& claim) {
  return check_rows(claim, inside_.query(claim.prefix.base, port::last_address(claim.prefix)));
}

Result<> ClaimsTable::check_around(const Claim& claim) {
  const auto [shortest, longest] = store::delegated_lengths(claim.prefix);
  const unsigned end = std::min<unsigned>(claim.prefix.length, longest + 1U);
  for (unsigned length = shortest; length < end; ++length) {
    const IPv6Prefix around = make_prefix(claim.prefix.base, length);
    if (auto checked = check_rows(claim, exact_.query(around.base, around.length)); !checked) return checked;
  }
  return {};
}

Result<> ClaimsTable::check_lengths(const Claim& claim) {
  if (!port::belongs_to_account(claim)) return {};
  return store::check_same_length(claim, same_length_.query(claim.owner, claim.prefix.length));
}

Result<> ClaimsTable::check_rows(const Claim& claim, Result<Rows> rows) {
  return store::check_claims(claim, std::move(rows), [&](const Claim& there) { return !port::may_put(claim, there); });
}

Result<std::vector<Claim>> ClaimsTable::owned_by(AccountId owner, store::SkippedRows& skipped) {
  return store::read_all<Claim>(owned_by_.query(owner), &store::read_claim, skipped);
}

Result<std::vector<Claim>> ClaimsTable::all(store::SkippedRows& skipped) {
  return store::read_all<Claim>(all_.query(), &store::read_claim, skipped);
}

}  // namespace tsp::linux_::sqlite
