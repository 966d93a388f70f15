// SPDX-License-Identifier: Apache-2.0
#include "adapters/port/claim_rules.h"

namespace tsp::port {
namespace {

bool is_quarantined(const Claim& claim) {
  return claim.state == ClaimState::Quarantined;
}
bool is_anonymous(const Claim& claim) {
  return claim.owner == kAnonymous;
}

std::string owner_text(const Claim& claim) {
  if (is_quarantined(claim)) return "in quarantine";
  if (is_anonymous(claim)) return "an anonymous client's of broker " + std::to_string(claim.broker.value);
  return "account " + std::to_string(claim.owner.value) + "'s";
}

}  // namespace

IPv6Address last_address(const IPv6Prefix& prefix) {
  IPv6Address last = prefix.base;
  for (unsigned bit = prefix.length; bit < 128; ++bit) {
    last.octets[bit / 8] = static_cast<std::uint8_t>(last.octets[bit / 8] | (0x80U >> (bit % 8)));
  }
  return last;
}

bool belongs_to_account(const Claim& claim) {
  return !is_anonymous(claim);
}

bool of_same_length(const IPv6Prefix& a, const IPv6Prefix& b) {
  return a.length == b.length && is_mapped(a) == is_mapped(b);
}

void add_claim(AccountRecord& record, const Claim& claim) {
  const bool ipv4 = is_mapped(claim.prefix);
  if (is_quarantined(claim)) {
    record.quarantined.push_back(claim);
  } else if (claim.prefix.length == 128) {
    (ipv4 ? record.ipv4_address : record.address) = claim;
  } else {
    (ipv4 ? record.ipv4_prefixes : record.prefixes).push_back(claim);
  }
}

bool same_owner(const Claim& a, const Claim& b) {
  if (is_quarantined(a) || is_quarantined(b)) return false;
  return a.owner == b.owner && (!is_anonymous(a) || a.broker == b.broker);
}

bool may_put(const Claim& put, const Claim& there) {
  if (put.prefix != there.prefix) return same_owner(put, there);
  if (is_quarantined(put) && is_anonymous(put)) {
    // It names no account, so the store cannot tell whose change it is; a broker it does name.
    return is_quarantined(there) || !is_anonymous(there) || put.broker == there.broker;
  }
  if (put.state == ClaimState::Offered && there.state != ClaimState::Offered) return false;
  return is_anonymous(put) ? same_owner(put, there) : put.owner == there.owner;
}

std::string refusal_text(const Claim& put, const Claim& there) {
  return to_text(put.prefix) + " refused: " + to_text(there.prefix) + " is " + owner_text(there);
}

}  // namespace tsp::port
