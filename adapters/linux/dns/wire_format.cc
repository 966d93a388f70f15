// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/wire_format.h"

#include <algorithm>

#include "adapters/linux/dns/records.h"
#include "core/base/assert.h"
#include "core/wire/dns_name.h"

namespace tsp::linux_::dns {
namespace {

constexpr std::uint8_t kPointer = 0xC0;
constexpr std::size_t kNameSizeMax = 255;  // RFC 1035 section 3.1
// A name has at most 127 labels, and each jump that is not a waste has one: servers need one or two.
constexpr unsigned kJumpsMax = 32;

void append_number(Bytes& out, std::uint64_t number, unsigned octets) {
  while (octets-- > 0) out.push_back(static_cast<std::uint8_t>(number >> (8 * octets)));
}

void append_escaped(std::string& name, std::uint8_t octet) {
  if (octet > ' ' && octet <= '~' && octet != '.' && octet != '\\') {
    name += octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet - 'A' + 'a') : static_cast<char>(octet);
    return;
  }
  name += '\\';
  for (const int digit : {octet / 100, octet / 10 % 10, octet % 10}) name += static_cast<char>('0' + digit);
}

}  // namespace

void append_u16(Bytes& out, std::uint16_t number) {
  append_number(out, number, 2);
}

void append_u32(Bytes& out, std::uint32_t number) {
  append_number(out, number, 4);
}

void append_u48(Bytes& out, std::uint64_t number) {
  append_number(out, number, 6);
}

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_name(Bytes& out, std::string_view name) {
  const std::string canonical = wire::canonical_name(name);
  std::string_view rest = canonical;
  while (!rest.empty()) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    TSP_ASSERT(!label.empty() && label.size() <= 63);
    out.push_back(static_cast<std::uint8_t>(label.size()));
    append(out, as_bytes(label));
    rest.remove_prefix(std::min(label.size() + 1, rest.size()));
  }
  out.push_back(0);
}

void put_u16(Bytes& message, std::size_t at, std::uint16_t number) {
  TSP_ASSERT(at + 2 <= message.size());
  message[at] = static_cast<std::uint8_t>(number >> 8);
  message[at + 1] = static_cast<std::uint8_t>(number);
}

std::uint16_t get_u16(ByteView message, std::size_t at) {
  TSP_ASSERT(at + 2 <= message.size());
  return static_cast<std::uint16_t>(message[at] << 8 | message[at + 1]);
}

ByteView WireReader::take(std::size_t size) {
  if (!ok_ || size > message_.size() || at_ > message_.size() - size) {
    ok_ = false;
    return {};
  }
  at_ += size;
  return message_.subspan(at_ - size, size);
}

std::uint64_t WireReader::number(std::size_t size) {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : take(size)) value = value << 8 | octet;
  return value;
}

std::optional<std::size_t> WireReader::target_of(std::size_t pointer_at, std::size_t before) {
  if (pointer_at + 2 > message_.size()) {
    ok_ = false;
    return {};
  }
  const std::size_t target = get_u16(message_, pointer_at) & 0x3FFFU;
  // Only backwards, as the RFC has it ("a prior occurrence"): no name can go round in circles.
  ok_ = target >= kHeaderSize && target < before;
  return ok_ ? std::optional(target) : std::nullopt;
}

bool WireReader::append_label(std::string& name, std::size_t& at) {
  const std::size_t size = message_[at];
  if (size > 63 || at + 1 + size > message_.size()) {
    ok_ = false;
    return false;
  }
  if (!name.empty()) name += '.';
  for (const std::uint8_t octet : message_.subspan(at + 1, size)) append_escaped(name, octet);
  at += 1 + size;
  return true;
}

std::string WireReader::name() {
  std::string name;
  std::size_t at = at_;
  std::size_t before = at_;
  std::size_t size = 1;
  skip_name();
  for (unsigned jumps = 0; ok_;) {
    if (at >= message_.size()) {
      ok_ = false;
    } else if (message_[at] == 0) {
      return name;
    } else if (message_[at] >= kPointer) {
      const auto target = target_of(at, before);
      ok_ = ok_ && ++jumps <= kJumpsMax;
      if (ok_) at = before = *target;
    } else {
      size += 1U + message_[at];
      ok_ = size <= kNameSizeMax;
      if (ok_) append_label(name, at);
    }
  }
  return {};
}

void WireReader::skip_name() {
  while (ok_) {
    const ByteView size = take(1);
    if (!ok_ || size[0] == 0) return;
    if (size[0] >= kPointer) {
      take(1);
      return;
    }
    if (size[0] > 63) ok_ = false;
    take(size[0]);
  }
}

}  // namespace tsp::linux_::dns
