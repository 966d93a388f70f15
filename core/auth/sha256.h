// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <nettle/sha2.h>

#include <tsp/types.h>

namespace tsp::auth {

[[nodiscard]] inline std::array<std::uint8_t, SHA256_DIGEST_SIZE> sha256(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, text.size(), as_bytes(text).data());
  sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

}  // namespace tsp::auth
