// SPDX-License-Identifier: Apache-2.0
//
// Makes what a client said to one broker fit another one: nonces, realms and inner addresses are those that the broker
// under test gave out. All else stays as it was recorded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/client.h>
#include <tsp/types.h>

#include "core/auth/digest_md5.h"

namespace tsp::replay {

using Passwords = std::map<std::string, std::string, std::less<>>;  // by login

class Follower {
 public:
  explicit Follower(const Passwords& passwords) : passwords_(passwords) {}

  // An answer in the capture, and one of the broker under test.
  void recorded(std::string_view answer);
  void answered(std::string_view answer);

  // What the client says instead. A DIGEST-MD5 response is computed for the new nonce; one that was wrong for the
  // recorded nonce becomes wrong for the new one. Without the password it stays as it is.
  [[nodiscard]] std::string rewrite(std::string_view message);
  // The same for an inner packet that dataplane::has_ip_header accepts. Its checksums stay as right or wrong as they
  // were.
  [[nodiscard]] Bytes rewrite_packet(ByteView packet) const;

  [[nodiscard]] const std::optional<Offer>& offer() const { return offer_; }
  // 32 hex digits, or empty.
  [[nodiscard]] const std::string& expected_rspauth() const { return expected_rspauth_; }

 private:
  [[nodiscard]] std::string password_for(const auth::DigestResponse& response, const std::string& known) const;
  [[nodiscard]] IPv6Address translate(const IPv6Address& address) const;

  const Passwords& passwords_;
  std::optional<auth::DigestChallenge> recorded_challenge_;
  std::optional<auth::DigestChallenge> challenge_;
  std::optional<Offer> recorded_offer_;
  std::optional<Offer> offer_;
  std::string expected_rspauth_;
};

}  // namespace tsp::replay
