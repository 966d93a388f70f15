// SPDX-License-Identifier: Apache-2.0
//
// Codes that follow from a secret and the time (TOTP, RFC 6238): HMAC-SHA-1, six digits, steps of 30 s, as every
// authenticator app has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/store.h>
#include <tsp/time.h>

namespace tsp::linux_ {

inline constexpr std::size_t kTotpDigits = 6;
inline constexpr std::int64_t kTotpStepSeconds = 30;

[[nodiscard]] std::uint64_t totp_step(WallTime time);
// Six digits.
[[nodiscard]] std::string totp_code(const TotpSecret& secret, std::uint64_t step);
// The step whose code it is, of the one at `now`, the one before and the one after it: a device's clock may be wrong.
[[nodiscard]] std::optional<std::uint64_t> find_totp_step(const TotpSecret& secret, std::string_view code,
                                                          WallTime now);

[[nodiscard]] TotpSecret random_totp_secret();
// RFC 4648 section 6, as apps take it that cannot read the URI.
[[nodiscard]] std::string base32_of(const TotpSecret& secret);
// "otpauth://totp/ISSUER:LOGIN?secret=…", for a QR code.
[[nodiscard]] std::string totp_uri(const TotpSecret& secret, std::string_view issuer, std::string_view login);

}  // namespace tsp::linux_
