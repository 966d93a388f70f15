// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <tsp/types.h>

namespace tsp::capture {

// One direction of a TCP connection: what comes twice counts once, what comes early waits for what is before it.
class StreamAssembler {
 public:
  // `first`: the sequence number of the first byte.
  explicit StreamAssembler(std::uint32_t first) : next_(first) {}

  // The bytes that this segment adds to the stream, with those that had waited for them.
  [[nodiscard]] Bytes add(std::uint32_t sequence, ByteView payload);
  // Something is missing before bytes that have come.
  [[nodiscard]] bool has_gap() const { return !early_.empty(); }

 private:
  void append(std::uint32_t sequence, ByteView payload, Bytes& added);

  std::uint32_t next_;
  std::map<std::uint32_t, Bytes> early_;
};

}  // namespace tsp::capture
