// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/claims_table.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "adapters/linux/store/records.h"
#include "adapters/port/claim_rules.h"
#include "core/base/assert.h"

namespace tsp::linux_::mysql {
namespace {

constexpr std::size_t kLengthsAroundMax = 23;  // of IPv4: /8 to /30; of IPv6 there are 17

// The bases of all prefixes that can lie around `prefix`; repeated where there are fewer.
std::array<IPv6Address, kLengthsAroundMax> bases_around(const IPv6Prefix& prefix) {
  const auto [shortest, longest] = store::delegated_lengths(prefix);
  std::array<IPv6Address, kLengthsAroundMax> bases;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    bases[i] = make_prefix(prefix.base, std::min<unsigned>(shortest + static_cast<unsigned>(i), longest)).base;
  }
  return bases;
}

}  // namespace

Result<> ClaimsTable::apply(const PutClaim& change) {
  const Claim& claim = change.claim;
  TSP_ASSERT(store::is_claimable(claim.prefix));
  if (auto checked = check_overlapping(claim); !checked) return checked;
  if (auto checked = check_lengths(claim); !checked) return checked;
  return put_.run(claim.prefix.base, claim.prefix.length, port::last_address(claim.prefix), claim.owner, claim.state,
                  claim.until, claim.broker);
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

Result<> ClaimsTable::check_overlapping(const Claim& claim) {
  const IPv6Address last = port::last_address(claim.prefix);
  const auto around = bases_around(claim.prefix);
  std::vector<Parameter> parameters = {to_parameter(claim.prefix.base), to_parameter(last),
                                       to_parameter(claim.prefix.length)};
  for (const IPv6Address& base : around) parameters.push_back(to_parameter(base));
  return store::check_claims(claim, overlapping_.execute(parameters), [&](const Claim& there) {
    return there.prefix.overlaps(claim.prefix) && !port::may_put(claim, there);
  });
}

Result<> ClaimsTable::check_lengths(const Claim& claim) {
  if (!port::belongs_to_account(claim)) return {};
  return store::check_same_length(claim, same_length_.query(claim.owner, claim.prefix.length));
}

Result<std::vector<Claim>> ClaimsTable::owned_by(AccountId owner, store::SkippedRows& skipped) {
  return store::read_all<Claim>(owned_by_.query(owner), &store::read_claim, skipped);
}

Result<std::vector<Claim>> ClaimsTable::all(store::SkippedRows& skipped) {
  return store::read_all<Claim>(all_.query(), &store::read_claim, skipped);
}

}  // namespace tsp::linux_::mysql
