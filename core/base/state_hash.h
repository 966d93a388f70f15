// SPDX-License-Identifier: Apache-2.0
//
// A 64-bit hash over a machine's state, the same on every compiler. Not for tables, not for secrets.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <tsp/types.h>

namespace tsp {

class StateHash {
 public:
  StateHash& add(ByteView bytes) {
    add_integer(bytes.size());
    for (const std::uint8_t byte : bytes) mix(byte);
    return *this;
  }
  StateHash& add(std::string_view text) { return add(as_bytes(text)); }
  template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T>
  StateHash& add(T value) {
    add_integer(static_cast<std::uint64_t>(value));
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const { return state_; }

 private:
  void mix(std::uint8_t byte) {
    state_ ^= byte;
    state_ *= 0x100000001B3ULL;  // FNV-1a
  }
  void add_integer(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) mix(static_cast<std::uint8_t>(value >> shift));
  }

  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

}  // namespace tsp
