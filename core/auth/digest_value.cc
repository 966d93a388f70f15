// SPDX-License-Identifier: Apache-2.0
#include "core/auth/digest_value.h"

#include <algorithm>
#include <initializer_list>

#include <nettle/md5.h>
#include <nettle/memops.h>

#include "core/auth/digest_md5.h"
#include "core/base/hex.h"

namespace tsp::auth {
namespace {

using Md5 = std::array<std::uint8_t, MD5_DIGEST_SIZE>;

// Of the parts with ':' between them.
Md5 hash_joined(std::initializer_list<std::string_view> parts) {
  md5_ctx context;
  md5_init(&context);
  bool first = true;
  for (const std::string_view part : parts) {
    if (!first) md5_update(&context, 1, as_bytes(":").data());
    md5_update(&context, part.size(), as_bytes(part).data());
    first = false;
  }
  Md5 result;
  md5_digest(&context, result.size(), result.data());
  return result;
}

DigestValues values_from(const Md5& a1_hash, const DigestInput& input) {
  const std::string a1 = to_hex(a1_hash);
  const auto value = [&](std::string_view method) {
    const std::string a2 = to_hex(hash_joined({method, input.digest_uri}));
    return to_hex(hash_joined({a1, input.nonce, input.nc, input.cnonce, input.qop, a2}));
  };
  return {.response = value("AUTHENTICATE"), .rspauth = value("")};
}

}  // namespace

Verifier make_verifier(std::string_view login, std::string_view realm, std::string_view password) {
  return hash_joined({login, realm, password});
}

DigestValues digest_values(const DigestInput& input) {
  return values_from(hash_joined({as_text(input.verifier), input.nonce, input.cnonce}), input);
}

std::optional<DigestValues> digest_values_bug_1455(const DigestInput& input) {
  const auto zero = std::ranges::find(input.verifier, 0);
  if (zero == input.verifier.end()) return digest_values(input);
  const auto kept = static_cast<std::size_t>(zero - input.verifier.begin());
  // Computed in any case: how long an answer takes must not tell which accounts exist.
  DigestValues values = values_from(hash_joined({as_text(input.verifier).substr(0, kept)}), input);
  if (kept < kBug1455BytesMin) return std::nullopt;
  return values;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && memeql_sec(a.data(), b.data(), a.size()) != 0;
}

bool equal_secrets(const Verifier& a, const Verifier& b) {
  return equal_secrets(as_text(a), as_text(b));
}

}  // namespace tsp::auth
