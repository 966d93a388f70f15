// SPDX-License-Identifier: Apache-2.0
//
// The keys that seal what is secret in a database. There is more than one while they are changed: what the former one
// has sealed stays readable until all of it is sealed anew.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tsp::linux_::secrets {

enum class KeyRole : std::uint8_t {
  Current,  // seals
  Next,     // will be the current one: brokers on other hosts get it first
  Former,   // sealed once
};

struct SealingKey {
  KeyRole role = KeyRole::Current;
  std::array<std::uint8_t, 32> bytes{};
  std::string id;  // 16 hexadecimal digits, a hash of the key; no secret
};

// One is the current one, at most one is the next.
class KeyRing {
 public:
  // A random key.
  [[nodiscard]] static KeyRing make();
  // What text() gives. The error names the line, and shows no key.
  [[nodiscard]] static std::expected<KeyRing, std::string> parse(std::string_view text);
  [[nodiscard]] std::string text() const;

  [[nodiscard]] const SealingKey& current() const;
  // Null: there is none.
  [[nodiscard]] const SealingKey* next() const;
  [[nodiscard]] const SealingKey* find(std::string_view id) const;
  [[nodiscard]] const std::vector<SealingKey>& keys() const { return keys_; }

  // A random key becomes the next one, if there is none yet.
  void add_next();
  // The next key becomes the current one, and that a former one.
  void promote();
  // Former keys are forgotten.
  void retire();

 private:
  std::vector<SealingKey> keys_;
};

}  // namespace tsp::linux_::secrets
