// SPDX-License-Identifier: Apache-2.0
//
// What checkers read out of signalling datagrams, by plain searching: nothing here knows the core's parsers, and
// nothing here refuses anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/address.h>
#include <tsp/types.h>

namespace tsp::sim {

// The client's address and prefix that a reply speaks of.
struct ToldOffer {
  IPv6Address inner;
  std::optional<IPv6Prefix> delegated{};
  std::optional<IPv6Address> outer{};  // of the client; IPv4 mapped

  friend bool operator==(const ToldOffer&, const ToldOffer&) = default;
};

enum class MessageKind : std::uint8_t { Hello, Authenticate, Accept, Other };

[[nodiscard]] std::uint64_t hash_of(ByteView bytes);
[[nodiscard]] MessageKind kind_of(std::string_view message);
// None for replies that offer nothing.
[[nodiscard]] std::optional<ToldOffer> find_offer(std::string_view reply);
// Whom a message claims to come from: the login of PLAIN credentials or of a DIGEST-MD5 response; "" for ANONYMOUS.
[[nodiscard]] std::optional<std::string> find_login(std::string_view message);
// Of a DIGEST-MD5 challenge.
[[nodiscard]] std::optional<std::string> find_nonce(std::string_view reply);
// The end of a DIGEST-MD5 exchange that went well.
[[nodiscard]] bool is_rspauth(std::string_view reply);
// Up to the first character that does not belong to it.
[[nodiscard]] std::string decode_base64(std::string_view text);

}  // namespace tsp::sim
