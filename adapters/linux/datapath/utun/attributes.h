// SPDX-License-Identifier: Apache-2.0
//
// Attributes of netlink messages, written and read.
#pragma once

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include <tsp/address.h>
#include <tsp/types.h>

#include "core/base/assert.h"

namespace tsp::linux_::utun {

// A message that is being written. Its room is known before: that it is not enough would be a mistake of ours.
class MessageWriter {
 public:
  explicit MessageWriter(std::size_t room) : message_(nlmsg_alloc_size(room), &nlmsg_free) { TSP_ASSERT(message_); }

  [[nodiscard]] nl_msg* get() const { return message_.get(); }
  void put(int type, ByteView bytes) {
    TSP_ASSERT(nla_put(get(), type, static_cast<int>(bytes.size()), bytes.data()) == 0);
  }
  void put_u8(int type, std::uint8_t value) { put_number(type, value); }
  void put_u32(int type, std::uint32_t value) { put_number(type, value); }
  void put_u64(int type, std::uint64_t value) { put_number(type, value); }
  void put_text(int type, const std::string& text) { TSP_ASSERT(nla_put_string(get(), type, text.c_str()) == 0); }
  void put_port(int type, std::uint16_t port) {
    put(type, std::array{static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port)});
  }
  void put_address(int type, const IPv6Address& address) { put(type, address.octets); }
  void put_address(int type, const IPv4Address& address) { put(type, address.octets); }
  [[nodiscard]] nlattr* begin(int type) {
    nlattr* nest = nla_nest_start(get(), type);
    TSP_ASSERT(nest != nullptr);
    return nest;
  }
  // An empty list says something, too.
  void end(nlattr* nest) { TSP_ASSERT(nla_nest_end_keep_empty(get(), nest) == 0); }
  [[nodiscard]] Bytes bytes() const {
    const nlmsghdr* header = nlmsg_hdr(get());
    const auto* begin = reinterpret_cast<const std::uint8_t*>(header);
    return {begin, begin + header->nlmsg_len};
  }

 private:
  template <class T>
  void put_number(int type, T value) {
    TSP_ASSERT(nla_put(get(), type, sizeof value, &value) == 0);
  }

  std::unique_ptr<nl_msg, decltype(&nlmsg_free)> message_;
};

// The attributes of a message or of a nest, by their type. What is not there, or has not the size of what is asked for,
// is none.
template <int max>
class Attributes {
 public:
  // `first`: the first attribute; `size`: of all of them.
  Attributes(const void* first, std::size_t size) {
    nla_parse(table_.data(), max, static_cast<nlattr*>(const_cast<void*>(first)), static_cast<int>(size), nullptr);
  }
  explicit Attributes(const nlattr* nest) {
    if (nest != nullptr) nla_parse_nested(table_.data(), max, const_cast<nlattr*>(nest), nullptr);
  }

  [[nodiscard]] const nlattr* operator[](int type) const { return table_[static_cast<std::size_t>(type)]; }
  template <class T>
  [[nodiscard]] std::optional<T> number(int type) const {
    T value{};
    if (!has(type, sizeof value)) return std::nullopt;
    std::memcpy(&value, nla_data((*this)[type]), sizeof value);
    return value;
  }
  template <class Address>
  [[nodiscard]] std::optional<Address> address(int type) const {
    Address address;
    if (!has(type, address.octets.size())) return std::nullopt;
    std::memcpy(address.octets.data(), nla_data((*this)[type]), address.octets.size());
    return address;
  }
  [[nodiscard]] std::optional<std::uint16_t> port(int type) const {
    std::array<std::uint8_t, 2> octets{};
    if (!has(type, octets.size())) return std::nullopt;
    std::memcpy(octets.data(), nla_data((*this)[type]), octets.size());
    return static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
  }
  [[nodiscard]] std::string text(int type) const {
    const nlattr* found = (*this)[type];
    if (found == nullptr) return {};
    const auto* begin = static_cast<const char*>(nla_data(found));
    return {begin, strnlen(begin, static_cast<std::size_t>(nla_len(found)))};
  }

 private:
  [[nodiscard]] bool has(int type, std::size_t size) const {
    const nlattr* found = (*this)[type];
    return found != nullptr && nla_len(found) == static_cast<int>(size);
  }

  std::array<nlattr*, max + 1> table_{};
};

}  // namespace tsp::linux_::utun
