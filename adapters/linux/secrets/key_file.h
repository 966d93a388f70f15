// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "adapters/linux/secrets/key_ring.h"

namespace tsp::linux_::secrets {

// The errors are sentences that name the file.

// Refuses a file that others than its owner may read.
[[nodiscard]] std::expected<KeyRing, std::string> load_keys(const std::string& path);
// A new file of mode 0600, its folder's owner's; refused if there is one already. On the disk when it returns.
[[nodiscard]] std::expected<void, std::string> create_keys(const std::string& path, const KeyRing& ring);
// In the place of the file that is there: whoever looks, and a crash at any moment, finds the old one or the new one.
// Its owner stays the same.
[[nodiscard]] std::expected<void, std::string> replace_keys(const std::string& path, const KeyRing& ring);

}  // namespace tsp::linux_::secrets
