// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tsp::auth {

// Valid UTF-8 (RFC 3629) without control characters (C0, DEL, C1).
[[nodiscard]] bool is_plain_text(std::string_view text);
// 1…253 bytes of plain text without ':', which would let two pairs of login and password have one verifier.
[[nodiscard]] bool valid_login(std::string_view login);
// 1…1023 bytes, no NUL, CR or LF (PLAIN cannot carry them).
[[nodiscard]] bool valid_password(std::string_view password);
// 1…253 printable ASCII bytes without ',', '"' and '\', which old clients cannot read in a challenge.
[[nodiscard]] bool valid_realm(std::string_view realm);

}  // namespace tsp::auth
