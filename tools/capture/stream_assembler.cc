// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/stream_assembler.h"

#include <algorithm>

namespace tsp::capture {
namespace {

// How far `sequence` lies behind `next`: what of the segment is known already.
std::int32_t behind(std::uint32_t next, std::uint32_t sequence) {
  return static_cast<std::int32_t>(next - sequence);
}

}  // namespace

Bytes StreamAssembler::add(std::uint32_t sequence, ByteView payload) {
  Bytes added;
  if (payload.empty()) return added;
  if (behind(next_, sequence) < 0) {
    early_.emplace(sequence, Bytes(payload.begin(), payload.end()));
    return added;
  }
  append(sequence, payload, added);
  for (auto waiting = early_.begin(); waiting != early_.end();) {
    if (behind(next_, waiting->first) < 0) {
      ++waiting;
      continue;
    }
    append(waiting->first, waiting->second, added);
    early_.erase(waiting);
    waiting = early_.begin();
  }
  return added;
}

void StreamAssembler::append(std::uint32_t sequence, ByteView payload, Bytes& added) {
  const auto known = static_cast<std::size_t>(behind(next_, sequence));
  if (known >= payload.size()) return;
  const ByteView news = payload.subspan(known);
  added.insert(added.end(), news.begin(), news.end());
  next_ += static_cast<std::uint32_t>(news.size());
}

}  // namespace tsp::capture
