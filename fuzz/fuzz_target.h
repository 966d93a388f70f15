// SPDX-License-Identifier: Apache-2.0
//
// What each fuzz target defines, the check it uses (a failure must end the program), and how an input is read as a row
// of decisions.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <tsp/types.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tsp::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

// For what says itself what is wrong.
inline void require_none(const std::optional<std::string>& fault) {
  if (!fault) return;
  std::fprintf(stderr, "%s\n", fault->c_str());
  std::abort();
}

// Of a target that makes the input a story. After its end every decision is 0.
class Decisions {
 public:
  explicit Decisions(ByteView input) : left_(input) {}

  [[nodiscard]] bool over() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  std::uint32_t word() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }
  // 0…count - 1; `count`: 1…256.
  std::size_t below(std::size_t count) { return byte() % count; }
  // At most `size` bytes of the input.
  ByteView bytes(std::size_t size) {
    const ByteView taken = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  template <class T, std::size_t kSize>
  const T& one_of(const std::array<T, kSize>& values) {
    return values[below(kSize)];
  }

 private:
  ByteView left_;
};

}  // namespace tsp::fuzz
