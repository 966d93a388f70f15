// SPDX-License-Identifier: Apache-2.0
//
// The core's only source of randomness: a ChaCha20 generator keyed by the seed. The same seed gives the same
// numbers on every compiler and machine; without the seed they cannot be predicted. What was given out cannot be
// found again in a later state of the generator ("fast key erasure").
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <tsp/types.h>

namespace tsp {

class Random {
 public:
  explicit Random(const Seed& seed);

  void fill(std::span<std::uint8_t> out);
  [[nodiscard]] std::uint64_t next_u64();
  // Uniform in [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high]; low <= high.
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high);
  // True in `numerator` of `denominator` cases.
  [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator);
  // A generator of its own, so that one consumer's appetite does not change another's numbers.
  [[nodiscard]] Random fork();

 private:
  void refill();

  Seed key_;
  std::array<std::uint8_t, 256> buffer_{};
  std::size_t used_ = buffer_.size();  // what lies before it is erased
};

}  // namespace tsp
