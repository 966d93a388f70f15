// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tsp/store.h>
#include <tsp/types.h>

namespace tsp::linux_::sqlite {

// Lower case.
[[nodiscard]] std::string to_hex(ByteView bytes);
// Either case; exactly as many digits as a verifier has.
[[nodiscard]] std::optional<Verifier> parse_verifier(std::string_view hex);

}  // namespace tsp::linux_::sqlite
