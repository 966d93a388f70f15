// SPDX-License-Identifier: Apache-2.0
//
// The rate limit of ICMPv6 errors (RFC 4443 section 2.4 (f)): one token bucket a flow in a small table, and one for
// all.
#pragma once

#include <array>
#include <cstdint>

#include <tsp/address.h>
#include <tsp/time.h>

namespace tsp::dataplane {

// For one thread. A flow is a pair of addresses; two flows that fall on one slot share its bucket.
class ErrorLimiter {
 public:
  // Whether an error about a packet from `source` to `destination` may be sent now; takes the tokens.
  [[nodiscard]] bool allow(const IPv6Address& source, const IPv6Address& destination, Instant now);

  static constexpr std::uint32_t kPerFlowPerSecond = 10;
  static constexpr std::uint32_t kPerSecond = 1000;

 private:
  struct Bucket {
    std::uint64_t millitokens = 0;
    Instant updated{};
    bool used = false;
  };
  [[nodiscard]] static bool take(Bucket& bucket, std::uint32_t per_second, Instant now);

  std::array<Bucket, 1024> flows_{};
  Bucket all_{};
};

}  // namespace tsp::dataplane
