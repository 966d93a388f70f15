// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/fragment.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

constexpr std::size_t kUnit = 8;  // bytes that a fragment offset counts by

// Of options (RFC 791 section 3.1).
constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kCopied = 0x80;  // the bit of those that every fragment has

// Writes those of `options` that every fragment has; the number of bytes, a multiple of 4. What is malformed ends them.
std::size_t copy_options(ByteView options, std::span<std::uint8_t> out) {
  std::size_t size = 0;
  while (!options.empty() && options[0] != kEndOfOptions) {
    if (options[0] == kNoOperation) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) break;
    const ByteView option = options.first(options[1]);
    options = options.subspan(option.size());
    if ((option[0] & kCopied) == 0) continue;
    std::ranges::copy(option, out.begin() + static_cast<std::ptrdiff_t>(size));
    size += option.size();
  }
  while (size % 4 != 0) out[size++] = kEndOfOptions;
  return size;
}

}  // namespace

bool may_be_fragmented(ByteView packet) {
  return is_ipv4(packet) && (get16(packet, kFragmentAt) & kDontFragment) == 0;
}

Fragmenter::Fragmenter(ByteView packet, std::size_t mtu)
    : packet_(packet), left_(packet.subspan(ip_header_size(packet))), mtu_(mtu) {
  TSP_ASSERT(is_ipv4(packet) && mtu >= kIPv4MinimumMtu);
}

std::size_t Fragmenter::next(std::span<std::uint8_t> out) {
  if (left_.empty()) return 0;
  TSP_ASSERT(out.size() >= mtu_);
  const ByteView header = packet_.first(ip_header_size(packet_));
  const std::size_t done = packet_.size() - header.size() - left_.size();
  std::ranges::copy(done == 0 ? header : header.first(kIPv4HeaderSize), out.begin());
  std::size_t header_size = header.size();
  if (done != 0) {
    header_size = kIPv4HeaderSize + copy_options(header.subspan(kIPv4HeaderSize), out.subspan(kIPv4HeaderSize));
    out[0] = static_cast<std::uint8_t>(4 << 4 | header_size / 4);
  }
  const std::size_t room = mtu_ - header_size;
  const ByteView payload = left_.first(left_.size() <= room ? left_.size() : room / kUnit * kUnit);
  left_ = left_.subspan(payload.size());
  const std::span fragment = out.first(header_size + payload.size());
  std::copy(payload.begin(), payload.end(), fragment.begin() + static_cast<std::ptrdiff_t>(header_size));
  const std::size_t field = get16(packet_, kFragmentAt);
  const std::size_t flags = (field & ~std::size_t{kFragmentOffset}) | (left_.empty() ? 0 : kMoreFragments);
  put_size(fragment, fragment.size());
  put16(fragment, kFragmentAt, flags | ((field + done / kUnit) & kFragmentOffset));
  write_header_checksum(fragment);
  return fragment.size();
}

}  // namespace tsp::dataplane
