// SPDX-License-Identifier: Apache-2.0
#include "core/auth/digest_md5.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/auth/digest_value.h"
#include "core/auth/directives.h"
#include "core/wire/base64.h"
#include "core/wire/text.h"

namespace tsp::auth {
namespace {

constexpr std::string_view kFirstUse = "00000001";
constexpr std::string_view kQop = "auth";
constexpr std::string_view kService = "tsp/";
constexpr std::size_t kResponseDigits = 32;

std::expected<std::vector<Directive>, DigestError> decode(std::string_view token) {
  const auto text = wire::base64_decode(token);
  if (!text) return std::unexpected(DigestError::BadBase64);
  auto directives = parse_directives(*text);
  if (!directives) return std::unexpected(DigestError::BadSyntax);
  return std::move(*directives);
}

// A directive that is wanted, and where its value goes. Of equal names only the first may occur.
struct Wanted {
  std::string_view name;
  std::string* value;
  bool required;
};

std::optional<DigestError> collect(std::vector<Directive>& directives, const std::vector<Wanted>& wanted) {
  for (const Wanted& want : wanted) {
    const auto is_it = [&](const Directive& directive) { return directive.name == want.name; };
    const auto count = std::ranges::count_if(directives, is_it);
    if (count > 1) return DigestError::DuplicateField;
    if (count == 1) *want.value = std::move(std::ranges::find_if(directives, is_it)->value);
    if (want.required && want.value->empty()) return DigestError::MissingField;
  }
  return std::nullopt;
}

bool to_lower_hex(std::string& digits) {
  for (char& c : digits) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return digits.size() == kResponseDigits;
}

// It goes back to the server as it came, without quotes.
bool valid_charset(std::string_view charset) {
  return std::ranges::all_of(charset, wire::is_word_character);
}

bool offers_auth(std::string_view qop_list) {
  while (!qop_list.empty()) {
    const auto end = std::min(qop_list.find_first_of(", \t"), qop_list.size());
    if (qop_list.substr(0, end) == kQop) return true;
    qop_list.remove_prefix(std::min(end + 1, qop_list.size()));
  }
  return false;
}

std::string rspauth_token(std::string_view rspauth) {
  return wire::base64_encode("rspauth=" + std::string(rspauth));
}

}  // namespace

std::string make_challenge(std::string_view realm, std::string_view nonce) {
  return wire::base64_encode("realm=" + quote(realm) + ",nonce=" + quote(nonce) +
                             ",qop=\"auth\",algorithm=md5-sess,charset=utf-8");
}

std::expected<DigestResponse, DigestError> parse_response(std::string_view token) {
  auto directives = decode(token);
  if (!directives) return std::unexpected(directives.error());
  DigestResponse response;
  const auto error = collect(*directives, {{"username", &response.username, true},
                                           {"realm", &response.realm, true},
                                           {"nonce", &response.nonce, true},
                                           {"cnonce", &response.cnonce, true},
                                           {"nc", &response.nc, true},
                                           {"qop", &response.qop, false},
                                           {"digest-uri", &response.digest_uri, true},
                                           {"response", &response.response, true}});
  if (error) return std::unexpected(*error);
  if (response.qop.empty()) response.qop = kQop;  // RFC 2831 section 2.1.2
  if (!to_lower_hex(response.response)) return std::unexpected(DigestError::BadSyntax);
  return response;
}

std::optional<std::string> check_response(const DigestResponse& response, const Verifier& verifier,
                                          std::string_view realm, std::string_view nonce, bool allow_bug_1455) {
  if (response.realm != realm || response.nonce != nonce || response.nc != kFirstUse || response.qop != kQop ||
      !response.digest_uri.starts_with(kService)) {
    return std::nullopt;
  }
  const DigestInput input{.verifier = verifier,
                          .nonce = nonce,
                          .nc = response.nc,
                          .cnonce = response.cnonce,
                          .qop = response.qop,
                          .digest_uri = response.digest_uri};
  const DigestValues right = digest_values(input);
  const auto faulty = allow_bug_1455 ? digest_values_bug_1455(input) : std::nullopt;
  if (equal_secrets(response.response, right.response)) return rspauth_token(right.rspauth);
  if (faulty && equal_secrets(response.response, faulty->response)) return rspauth_token(faulty->rspauth);
  return std::nullopt;
}

std::expected<DigestChallenge, DigestError> parse_challenge(std::string_view token) {
  auto directives = decode(token);
  if (!directives) return std::unexpected(directives.error());
  DigestChallenge challenge;
  std::string qop;
  const auto error = collect(*directives, {{"realm", &challenge.realm, true},
                                           {"nonce", &challenge.nonce, true},
                                           {"charset", &challenge.charset, false},
                                           {"qop", &qop, false}});
  if (error) return std::unexpected(*error);
  if (!valid_charset(challenge.charset)) return std::unexpected(DigestError::BadSyntax);
  if (!qop.empty() && !offers_auth(qop)) return std::unexpected(DigestError::MissingField);
  return challenge;
}

ClientResponse make_response(const DigestChallenge& challenge, std::string_view login, std::string_view password,
                             std::string_view cnonce, std::string_view server) {
  const std::string digest_uri = std::string(kService).append(server);
  const DigestValues values = digest_values({.verifier = make_verifier(login, challenge.realm, password),
                                             .nonce = challenge.nonce,
                                             .nc = kFirstUse,
                                             .cnonce = cnonce,
                                             .qop = kQop,
                                             .digest_uri = digest_uri});
  std::string text;
  if (!challenge.charset.empty()) text += "charset=" + challenge.charset + ",";
  text += "username=" + quote(login) + ",realm=" + quote(challenge.realm) + ",nonce=" + quote(challenge.nonce);
  text.append(",nc=").append(kFirstUse).append(",cnonce=").append(quote(cnonce));
  text.append(",digest-uri=").append(quote(digest_uri)).append(",response=").append(values.response);
  text.append(",qop=").append(kQop);
  return {.token = wire::base64_encode(text), .expected_rspauth = values.rspauth};
}

bool check_rspauth(std::string_view token, std::string_view expected_rspauth) {
  auto directives = decode(token);
  if (!directives) return false;
  std::string rspauth;
  if (collect(*directives, {{"rspauth", &rspauth, true}})) return false;
  return to_lower_hex(rspauth) && equal_secrets(rspauth, expected_rspauth);
}

}  // namespace tsp::auth
