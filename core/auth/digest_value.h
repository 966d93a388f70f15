// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of DIGEST-MD5 (RFC 2831 section 2.1.2.1), apart from how its parts travel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/store.h>

namespace tsp::auth {

struct DigestInput {
  const Verifier& verifier;
  std::string_view nonce;
  std::string_view nc;
  std::string_view cnonce;
  std::string_view qop;
  std::string_view digest_uri;
};

// What each side proves to know, 32 hex digits in lower case.
struct DigestValues {
  std::string response;
  std::string rspauth;
};

[[nodiscard]] DigestValues digest_values(const DigestInput& input);

// The same as clients up to version 2.0.0 compute it ("bug 1455"): their A1 ends before the first zero byte of the
// verifier. None if that leaves fewer than kBug1455BytesMin bytes of secret.
//
// With no byte left everyone knows the response, with a few anyone can guess it, and it is the peer who says which
// version it speaks: without a minimum each account whose verifier has an early zero byte would be open. Five bytes
// are 2^40 guesses, which the limit on failures puts out of reach.
inline constexpr std::size_t kBug1455BytesMin = 5;
[[nodiscard]] std::optional<DigestValues> digest_values_bug_1455(const DigestInput& input);

// In a time that depends on the lengths only.
[[nodiscard]] bool equal_secrets(std::string_view a, std::string_view b);
[[nodiscard]] bool equal_secrets(const Verifier& a, const Verifier& b);

}  // namespace tsp::auth
