// SPDX-License-Identifier: Apache-2.0
//
// Signatures of requests and answers, RFC 8945.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/dns/tsig_key.h"

namespace tsp::linux_::dns {

// How far the clocks of both sides may be apart: section 10 recommends it.
inline constexpr std::uint16_t kFudgeSeconds = 300;

struct SignedRequest {
  Bytes message;
  Bytes mac;  // the answer's signature covers it
};

// `message` has its id already.
[[nodiscard]] SignedRequest sign(Bytes message, const TsigKey& key, WallTime now);

struct Rejection {
  bool is_temporary = false;  // worth trying again without a change at either side
  std::string text;

  friend bool operator==(const Rejection&, const Rejection&) = default;
};

// Whether the answer is genuine and says that the update was done.
[[nodiscard]] std::expected<void, Rejection> judge_answer(ByteView answer, const SignedRequest& request,
                                                          const TsigKey& key, WallTime now);

}  // namespace tsp::linux_::dns
