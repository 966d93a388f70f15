// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/totp.h"

#include <nettle/hmac.h>

#include <array>
#include <chrono>

#include "adapters/linux/control/sessions.h"
#include "adapters/linux/control/url.h"
#include "adapters/linux/secrets/sodium.h"

namespace tsp::linux_ {
namespace {

using Digest = std::array<std::uint8_t, SHA1_DIGEST_SIZE>;

Digest hmac_of_step(const TotpSecret& secret, std::uint64_t step) {
  std::array<std::uint8_t, 8> message{};
  for (std::size_t i = 0; i < message.size(); ++i) {
    message[i] = static_cast<std::uint8_t>(step >> (8 * (message.size() - 1 - i)));
  }
  hmac_sha1_ctx context{};
  hmac_sha1_set_key(&context, secret.size(), secret.data());
  hmac_sha1_update(&context, message.size(), message.data());
  Digest digest{};
  hmac_sha1_digest(&context, digest.size(), digest.data());
  return digest;
}

}  // namespace

std::uint64_t totp_step(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.since_epoch).count();
  return seconds > 0 ? static_cast<std::uint64_t>(seconds / kTotpStepSeconds) : 0;
}

// RFC 4226 section 5.3.
std::string totp_code(const TotpSecret& secret, std::uint64_t step) {
  constexpr std::uint32_t kModulus = 1'000'000;
  const Digest digest = hmac_of_step(secret, step);
  const std::size_t offset = digest.back() & 0x0FU;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | digest.at(offset + i);
  std::string code = std::to_string((number & 0x7FFF'FFFFU) % kModulus);
  return std::string(kTotpDigits - code.size(), '0') + code;
}

std::optional<std::uint64_t> find_totp_step(const TotpSecret& secret, std::string_view code, WallTime now) {
  const std::uint64_t current = totp_step(now);
  std::optional<std::uint64_t> found;
  for (const std::uint64_t step : {current + 1, current, current - (current > 0 ? 1 : 0)}) {
    if (same_secret(totp_code(secret, step), std::string(code))) found = step;
  }
  return found;
}

TotpSecret random_totp_secret() {
  secrets::set_up_sodium();
  TotpSecret secret{};
  randombytes_buf(secret.data(), secret.size());
  return secret;
}

std::string base32_of(const TotpSecret& secret) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  static_assert(std::tuple_size_v<TotpSecret> % 5 == 0, "else it ends in '='");
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t octet : secret) {
    bits = bits << 8U | octet;
    for (count += 8; count >= 5; count -= 5) text += kDigits[bits >> (count - 5) & 0x1FU];
  }
  return text;
}

std::string totp_uri(const TotpSecret& secret, std::string_view issuer, std::string_view login) {
  return "otpauth://totp/" + percent_encode(issuer) + ':' + percent_encode(login) + "?secret=" + base32_of(secret) +
         "&issuer=" + percent_encode(issuer) + "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace tsp::linux_
