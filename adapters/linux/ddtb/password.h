// SPDX-License-Identifier: Apache-2.0
//
// Passwords as ddtb keeps them: base64 of AES-256 in CBC mode, with an initialisation vector for each account.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace tsp::linux_::ddtb {

class PasswordKey {
 public:
  // As in the section [ipc] of ddtb's configuration, base64: the key is SHA-256 of what it stands for. None: it is no
  // base64, or empty.
  [[nodiscard]] static std::optional<PasswordKey> from(std::string_view db_key);

  // The columns `iv` and `passwd`. Bytes of 8 fill up the last block, and a whole one where the text already fits. If
  // they are not as ddtb writes them, or the rest is no text in UTF-8, the key is another one, or the row is damaged.
  // The error says why, and shows nothing.
  [[nodiscard]] std::expected<std::string, std::string> decrypt(std::string_view iv, std::string_view passwd) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

}  // namespace tsp::linux_::ddtb
