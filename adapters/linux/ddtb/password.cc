// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/password.h"

#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <cstddef>

#include <tsp/types.h>

#include "core/auth/login.h"
#include "core/wire/base64.h"
#include "core/wire/text.h"

namespace tsp::linux_::ddtb {
namespace {

constexpr char kPadding = 8;

// Python may have broken it into lines.
std::optional<std::string> decode(std::string_view base64) {
  std::string text(base64);
  std::erase_if(text, [](char c) { return wire::kWhiteSpace.contains(c); });
  return wire::base64_decode(text);
}

// None: it does not end as ddtb ends it.
std::optional<std::string> without_padding(std::string text) {
  const std::size_t end = text.find(kPadding);
  if (end == std::string::npos || text.size() - end > AES_BLOCK_SIZE) return std::nullopt;
  if (text.find_first_not_of(kPadding, end) != std::string::npos) return std::nullopt;
  text.resize(end);
  return text;
}

}  // namespace

std::optional<PasswordKey> PasswordKey::from(std::string_view db_key) {
  const auto secret = decode(db_key);
  if (!secret || secret->empty()) return std::nullopt;
  PasswordKey key;
  static_assert(sizeof key.key_ == SHA256_DIGEST_SIZE && sizeof key.key_ == AES256_KEY_SIZE);
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, secret->size(), as_bytes(*secret).data());
  sha256_digest(&context, key.key_.size(), key.key_.data());
  return key;
}

std::expected<std::string, std::string> PasswordKey::decrypt(std::string_view iv, std::string_view passwd) const {
  const auto start = decode(iv);
  if (!start || start->size() != AES_BLOCK_SIZE) return std::unexpected("its iv is not base64 of 16 bytes");
  const auto sealed = decode(passwd);
  if (!sealed || sealed->empty() || sealed->size() % AES_BLOCK_SIZE != 0) {
    return std::unexpected("it is not base64 of whole blocks of 16 bytes");
  }
  aes256_ctx cipher;
  aes256_set_decrypt_key(&cipher, key_.data());
  std::array<std::uint8_t, AES_BLOCK_SIZE> chain{};
  std::ranges::copy(as_bytes(*start), chain.begin());
  Bytes plain(sealed->size());
  cbc_decrypt(&cipher, reinterpret_cast<nettle_cipher_func*>(&aes256_decrypt), chain.size(), chain.data(), plain.size(),
              plain.data(), as_bytes(*sealed).data());
  auto password = without_padding(std::string(as_text(plain)));
  if (!password || !auth::is_plain_text(*password)) {
    return std::unexpected("it was encrypted with another key, or is damaged");
  }
  return std::move(*password);
}

}  // namespace tsp::linux_::ddtb
