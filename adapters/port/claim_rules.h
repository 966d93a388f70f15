// SPDX-License-Identifier: Apache-2.0
//
// The rules of PutClaim (tsp/store.h) that every store must follow, without the search for what overlaps.
#pragma once

#include <string>

#include <tsp/address.h>
#include <tsp/store.h>

namespace tsp::port {

[[nodiscard]] IPv6Address last_address(const IPv6Prefix& prefix);

// An account's, in quarantine or not: one of a length, found with the account.
[[nodiscard]] bool belongs_to_account(const Claim& claim);

// Whether an account can have only one of the two: their lengths and families are the same.
[[nodiscard]] bool of_same_length(const IPv6Prefix& a, const IPv6Prefix& b);

// Puts a claim of the account into its place. Prefixes come shortest first.
void add_claim(AccountRecord& record, const Claim& claim);

// Whether two claims that overlap may both be held.
[[nodiscard]] bool same_owner(const Claim& a, const Claim& b);

// Whether `put` may replace `there` (the same prefix) or stand beside it (an overlapping one).
[[nodiscard]] bool may_put(const Claim& put, const Claim& there);

// Why `put` was refused, for logs.
[[nodiscard]] std::string refusal_text(const Claim& put, const Claim& there);

}  // namespace tsp::port
