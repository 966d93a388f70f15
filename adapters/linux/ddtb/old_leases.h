// SPDX-License-Identifier: Apache-2.0
//
// Which prefix and which addresses an account had at a ddtb.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/ddtb/old_base.h"
#include "core/pool/number.h"

namespace tsp::linux_::ddtb {

struct OldLease {
  std::optional<IPv6Prefix> prefix{};
  std::optional<IPv6Address> address{};
  std::optional<IPv6Address> server_address{};
  std::vector<std::string> notes{};  // of what else there was, and is not in it
};

class OldLeases {
 public:
  // `base` must outlive it.
  explicit OldLeases(const OldBase& base);

  // The prefix of its newest tunnel, and the addresses of that. An account without tunnels has the newest of its
  // prefixes, and in that the addresses at which others have theirs: the same for all, the first ones if nothing
  // says otherwise.
  [[nodiscard]] OldLease of(const OldClient& client) const;
  // The later a client had its newest tunnel, the larger; 0: never.
  [[nodiscard]] std::size_t recency(const OldClient& client) const;
  // Prefixes of accounts that are not there.
  [[nodiscard]] std::vector<std::string> orphans() const;

 private:
  // How far the two ends are from the beginning of the prefix.
  struct Places {
    pool::Number server = 0;
    pool::Number client = 1;
  };
  struct Rows {
    std::vector<const OldPrefix*> prefixes;
    std::vector<std::size_t> tunnels;  // indices
  };

  [[nodiscard]] std::optional<Places> places_in(const OldTunnel& tunnel) const;
  void read_ends(const OldTunnel& tunnel, OldLease& lease) const;
  void place_ends(OldLease& lease) const;

  const OldBase& base_;
  std::map<OldId, Rows> rows_;
  Places places_;
};

}  // namespace tsp::linux_::ddtb
