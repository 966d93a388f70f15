// SPDX-License-Identifier: Apache-2.0
//
// Passwords of the console: argon2id (RFC 9106) by libsodium. It takes memory and time on purpose, so that only one is
// computed at a time, and few wait for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace tsp::linux_ {

class Passwords {
 public:
  static constexpr std::size_t kCharactersMin = 8;
  static constexpr std::size_t kSizeMax = 1023;  // bytes
  struct Cost {
    std::uint64_t operations = 2;
    std::size_t memory_bytes = std::size_t{64} << 20;
  };
  enum class Check : std::uint8_t { Right, Wrong, Busy };

  explicit Passwords(const Cost& cost);

  // From any thread, which waits. None: too many wait already, or there is no memory.
  [[nodiscard]] std::optional<std::string> hash(const std::string& password);
  // `hash`: none takes as long, and is wrong.
  [[nodiscard]] Check check(const std::string& password, const std::optional<std::string>& hash);

 private:
  class Turn;

  const Cost cost_;
  std::string nobodys_;  // costs as much, and is no password's
  std::mutex one_at_a_time_;
  std::mutex counting_;
  std::size_t here_ = 0;
};

}  // namespace tsp::linux_
