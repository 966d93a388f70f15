// SPDX-License-Identifier: Apache-2.0
//
// Strong identifiers and the few plain types that everything shares.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace tsp {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The only entropy the core is ever given.
using Seed = std::array<std::uint8_t, 32>;

// A number that cannot be mistaken for another kind of number.
template <class Tag, class Rep>
struct Strong {
  Rep value{};

  friend auto operator<=>(const Strong&, const Strong&) = default;
};

// One asynchronous order; it gets exactly one completion.
using OpId = Strong<struct OpTag, std::uint64_t>;
// One request of an operator, chosen by the adapter that brings it.
using RequestId = Strong<struct RequestTag, std::uint64_t>;
// One accepted TCP connection, chosen by the adapter; never used again in the life of the process.
using StreamId = Strong<struct StreamTag, std::uint64_t>;
// Durable, drawn at random, never 0, below 2^53 so that JSON numbers carry it exactly.
using TunnelId = Strong<struct TunnelTag, std::uint64_t>;
// Durable, drawn at random, below 2^53; 0 stands for "no account" (an anonymous client).
using AccountId = Strong<struct AccountTag, std::uint64_t>;
// Durable, drawn at random, below 2^53.
using ApiTokenId = Strong<struct ApiTokenTag, std::uint64_t>;
// Which broker of several on one store; from the configuration.
using BrokerId = Strong<struct BrokerTag, std::uint32_t>;

inline constexpr AccountId kAnonymous{0};

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tsp

template <class Tag, class Rep>
struct std::hash<tsp::Strong<Tag, Rep>> {
  std::size_t operator()(const tsp::Strong<Tag, Rep>& id) const noexcept { return std::hash<Rep>{}(id.value); }
};
