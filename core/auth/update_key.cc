// SPDX-License-Identifier: Apache-2.0
#include "core/auth/update_key.h"

#include <nettle/memops.h>

#include <array>
#include <cstdint>

#include "core/auth/sha256.h"
#include "core/base/hex.h"

namespace tsp::auth {

std::string make_update_key(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return to_hex(bytes);
}

UpdateKeyHash hash_of_update_key(std::string_view key) {
  return sha256(key);
}

bool is_update_key(std::string_view given, const std::optional<UpdateKeyHash>& right) {
  const UpdateKeyHash hash = hash_of_update_key(given);
  const UpdateKeyHash wanted = right.value_or(UpdateKeyHash{});
  const bool equal = memeql_sec(hash.data(), wanted.data(), hash.size()) != 0;
  return equal && right.has_value();
}

}  // namespace tsp::auth
