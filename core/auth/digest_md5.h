// SPDX-License-Identifier: Apache-2.0
//
// DIGEST-MD5 (RFC 2831) as TSP uses it: service "tsp", qop "auth", one round, no authzid.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/store.h>

namespace tsp::auth {

// H(login ":" realm ":" password).
[[nodiscard]] Verifier make_verifier(std::string_view login, std::string_view realm, std::string_view password);

// ---- server ---------------------------------------------------------------------------------------------------

// 'realm="…",nonce="…",qop="auth",algorithm=md5-sess,charset=utf-8' in base64, without a line end: the one form that
// every client reads (no blanks, the first base64 character is a letter).
[[nodiscard]] std::string make_challenge(std::string_view realm, std::string_view nonce);

struct DigestResponse {
  std::string username;  // unescaped
  std::string realm;
  std::string nonce;
  std::string cnonce;
  std::string nc;
  std::string qop;
  std::string digest_uri;
  std::string response;  // 32 hex digits, lower case
};
enum class DigestError : std::uint8_t { BadBase64, BadSyntax, MissingField, DuplicateField };
// `token` is base64 with or without a line end. Size-bounded by the caller.
[[nodiscard]] std::expected<DigestResponse, DigestError> parse_response(std::string_view token);

// Checks everything but that the user exists: realm and nonce as issued, nc 00000001, qop auth, digest-uri
// "tsp/…", response in constant time. Returns the rspauth token (base64, no line end) if right. With
// `allow_bug_1455` the faulty hash of clients up to version 2.0.0 is accepted too and answered in kind, as far as it is
// safe (digest_value.h).
[[nodiscard]] std::optional<std::string> check_response(const DigestResponse& response, const Verifier& verifier,
                                                        std::string_view realm, std::string_view nonce,
                                                        bool allow_bug_1455);

// ---- client ---------------------------------------------------------------------------------------------------

struct DigestChallenge {
  std::string realm;
  std::string nonce;
  std::string charset;  // as sent; empty if there was none
};
// Quoted or not, any order, any charset spelling, qop list that contains "auth" (or none).
[[nodiscard]] std::expected<DigestChallenge, DigestError> parse_challenge(std::string_view token);

struct ClientResponse {
  std::string token;             // base64, no line end
  std::string expected_rspauth;  // 32 hex digits
};
[[nodiscard]] ClientResponse make_response(const DigestChallenge& challenge, std::string_view login,
                                           std::string_view password, std::string_view cnonce, std::string_view server);
// Whether `token` (base64 of "rspauth=…") is the expected one, in constant time.
[[nodiscard]] bool check_rspauth(std::string_view token, std::string_view expected_rspauth);

}  // namespace tsp::auth
