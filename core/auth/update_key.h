// SPDX-License-Identifier: Apache-2.0
//
// The key by which a router that does not speak TSP changes its account's tunnel. The program chooses it, at random:
// a hash without salt and without slowness keeps it, for there is nothing to guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tsp/store.h>

#include "core/base/random.h"

namespace tsp::auth {

// 32 hexadecimal digits: 128 bits.
[[nodiscard]] std::string make_update_key(Random& random);
[[nodiscard]] UpdateKeyHash hash_of_update_key(std::string_view key);
// Takes the same time whether or not there is a key, and whatever it is.
[[nodiscard]] bool is_update_key(std::string_view given, const std::optional<UpdateKeyHash>& right);

}  // namespace tsp::auth
