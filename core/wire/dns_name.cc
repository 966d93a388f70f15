// SPDX-License-Identifier: Apache-2.0
#include "core/wire/dns_name.h"

#include <algorithm>

#include "core/base/hex.h"
#include "core/wire/text.h"

namespace tsp::wire {

namespace {

bool valid_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

unsigned nibble_of(const IPv6Address& address, unsigned index) {
  const unsigned octet = address.octets[index / 2];
  return index % 2 == 0 ? octet >> 4 : octet & 15;
}

}  // namespace

bool valid_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > 253) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    if (!valid_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

std::string canonical_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return to_lower(name);
}

bool lies_in(std::string_view name, std::string_view zone) {
  return name == zone || (name.ends_with(zone) && name[name.size() - zone.size() - 1] == '.');
}

std::string reverse_name(const IPv6Address& address, unsigned nibbles) {
  std::string name;
  for (unsigned i = nibbles; i-- > 0;) {
    name += kHexDigits[nibble_of(address, i)];
    name += '.';
  }
  return name + "ip6.arpa";
}

}  // namespace tsp::wire
