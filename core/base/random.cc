// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"

#include <nettle/chacha.h>

#include <algorithm>

#include "core/base/assert.h"

namespace tsp {

Random::Random(const Seed& seed) : key_(seed) {
  static_assert(std::tuple_size_v<Seed> == CHACHA_KEY_SIZE);
}

void Random::refill() {
  static constexpr std::array<std::uint8_t, CHACHA_NONCE_SIZE> kNonce{};  // constant: each key is used once
  chacha_ctx cipher;
  chacha_set_key(&cipher, key_.data());
  chacha_set_nonce(&cipher, kNonce.data());
  buffer_.fill(0);
  chacha_crypt(&cipher, buffer_.size(), buffer_.data(), buffer_.data());

  std::copy_n(buffer_.begin(), key_.size(), key_.begin());
  std::fill_n(buffer_.begin(), key_.size(), std::uint8_t{0});
  used_ = key_.size();
  chacha_set_key(&cipher, key_.data());  // leaves nothing of the old key on the stack
}

void Random::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (used_ == buffer_.size()) refill();
    const std::size_t count = std::min(out.size(), buffer_.size() - used_);
    const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy_n(begin, count, out.begin());
    std::fill_n(begin, count, std::uint8_t{0});
    used_ += count;
    out = out.subspan(count);
  }
}

std::uint64_t Random::next_u64() {
  std::array<std::uint8_t, 8> bytes{};
  fill(bytes);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  TSP_ASSERT(bound > 0);
  // The lowest 2^64 mod bound values are drawn again, so that what remains is a whole multiple of bound.
  const std::uint64_t redrawn = (0 - bound) % bound;
  std::uint64_t value = next_u64();
  while (value < redrawn) value = next_u64();
  return value % bound;
}

std::uint64_t Random::between(std::uint64_t low, std::uint64_t high) {
  TSP_ASSERT(low <= high);
  const std::uint64_t count = high - low + 1;
  return count == 0 ? next_u64() : low + below(count);
}

bool Random::chance(std::uint64_t numerator, std::uint64_t denominator) {
  TSP_ASSERT(numerator <= denominator);
  return below(denominator) < numerator;
}

Random Random::fork() {
  Seed seed;
  fill(seed);
  return Random(seed);
}

}  // namespace tsp
