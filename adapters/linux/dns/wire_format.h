// SPDX-License-Identifier: Apache-2.0
//
// Numbers and names as RFC 1035 puts them into messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/types.h>

namespace tsp::linux_::dns {

inline constexpr std::size_t kHeaderSize = 12;
inline constexpr std::uint16_t kClassIn = 1;
inline constexpr std::uint16_t kClassAny = 255;

void append_u16(Bytes& out, std::uint16_t number);
void append_u32(Bytes& out, std::uint32_t number);
void append_u48(Bytes& out, std::uint64_t number);
void append(Bytes& out, ByteView bytes);
// A valid name of letters, digits, hyphens and underscores; uncompressed, in lower case.
void append_name(Bytes& out, std::string_view name);

// Overwrites two octets inside the message.
void put_u16(Bytes& message, std::size_t at, std::uint16_t number);
[[nodiscard]] std::uint16_t get_u16(ByteView message, std::size_t at);

// Reads a message from somewhere on. What would lie beyond its end reads as 0 or nothing, and ok() is false from then
// on.
class WireReader {
 public:
  WireReader(ByteView message, std::size_t at) : message_(message), at_(at) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u48() { return number(6); }
  ByteView take(std::size_t size);
  // In lower case, without the dot at the end. Octets that are not printable, dots and backslashes inside of labels
  // are \DDD, so that no name looks like another. Follows compression (RFC 1035 section 4.1.4).
  std::string name();
  void skip_name();

 private:
  std::uint64_t number(std::size_t size);
  // Where the name goes on behind a pointer; nothing and not ok() if it must not be followed.
  std::optional<std::size_t> target_of(std::size_t pointer_at, std::size_t before);
  bool append_label(std::string& name, std::size_t& at);

  ByteView message_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tsp::linux_::dns
