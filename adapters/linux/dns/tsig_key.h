// SPDX-License-Identifier: Apache-2.0
//
// The secret that an update is signed with, from a file as BIND's tsig-keygen writes it and named includes it:
//
//   key "tspd" {
//           algorithm hmac-sha256;
//           secret "…base64…";
//   };
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <tsp/types.h>

namespace tsp::linux_::dns {

enum class TsigAlgorithm : std::uint8_t { HmacSha256, HmacSha512 };

struct TsigKey {
  std::string name;
  TsigAlgorithm algorithm = TsigAlgorithm::HmacSha256;
  Bytes secret;
};

// "hmac-sha256"
[[nodiscard]] std::string_view name_of(TsigAlgorithm algorithm);

// Errors never show what stands where the secret should be.
[[nodiscard]] std::expected<TsigKey, std::string> parse_tsig_key(std::string_view text);
// Refuses a file that others than its owner may read or write.
[[nodiscard]] std::expected<TsigKey, std::string> load_tsig_key(const std::string& path);

}  // namespace tsp::linux_::dns
