// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-sanitize/text.h"

#include "core/auth/digest_value.h"
#include "core/wire/base64.h"
#include "core/wire/content_length.h"
#include "core/wire/message.h"
#include "core/wire/text.h"

namespace tsp::sanitize {
namespace {

constexpr std::string_view kRealm = "broker.example";
constexpr std::string_view kDigestUri = "tsp/broker.example";
constexpr std::string_view kAddressCharacters = "0123456789abcdefABCDEF:.";
constexpr std::size_t kFullTextSize = 39;
constexpr std::string_view kName = "type=\"dn\">";

std::string address_alias(std::string_view word, Aliases& aliases) {
  if (const auto ipv4 = parse_ipv4(word)) return to_text(aliases.of(*ipv4));
  const auto ipv6 = word.find(':') == std::string_view::npos ? std::nullopt : parse_ipv6(word);
  if (!ipv6) return std::string(word);
  const IPv6Address alias = aliases.of(*ipv6);
  return word.size() == kFullTextSize ? to_full_text(alias) : to_text(alias);
}

std::string replace_addresses(std::string_view text, Aliases& aliases) {
  std::string result;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of(kAddressCharacters), text.size());
    result += text.substr(0, plain);
    text.remove_prefix(plain);
    const std::size_t word = std::min(text.find_first_not_of(kAddressCharacters), text.size());
    result += address_alias(text.substr(0, word), aliases);
    text.remove_prefix(word);
  }
  return result;
}

std::string replace_names(std::string_view text, Aliases& aliases) {
  std::string result;
  for (;;) {
    const std::size_t at = text.find(kName);
    if (at == std::string_view::npos) return result.append(text);
    const std::size_t begin = at + kName.size();
    const std::size_t end = std::min(text.find('<', begin), text.size());
    result.append(text.substr(0, begin)).append(aliases.name(wire::trim(text.substr(begin, end - begin))));
    text.remove_prefix(end);
  }
}

std::string shroud(std::string_view text) {
  return std::string(text.size(), 'x');
}

std::string line_end_of(std::string_view message) {
  return std::string(message.substr(wire::skip_trailing(message, wire::kFiller).size()));
}

std::string challenge(const auth::DigestChallenge& given) {
  std::string text = "realm=\"" + std::string(kRealm) + "\",nonce=\"" + given.nonce + "\",qop=\"auth\"";
  text += ",algorithm=md5-sess";
  if (!given.charset.empty()) text += ",charset=" + given.charset;
  return wire::base64_encode(text);
}

bool is_client_line(std::string_view message) {
  return wire::parse_version(message) || wire::is_echo_request(message) || wire::parse_authenticate(message);
}

bool is_broker_line(std::string_view message) {
  return wire::parse_capability(message) || wire::parse_status_code(message);
}

}  // namespace

std::string sanitize_text(std::string_view text, Aliases& aliases) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto promised = wire::parse_content_length(wire::skip_trailing(text.substr(0, line), "\r"),
                                                   static_cast<std::uint32_t>(wire::kMessageSizeMax));
  if (!promised) return replace_names(replace_addresses(text, aliases), aliases);
  const std::string_view body = text.substr(std::min(line + 1, text.size()));
  const std::string changed = replace_names(replace_addresses(body, aliases), aliases);
  const std::size_t length = *promised + changed.size() - body.size();
  return std::string(wire::kContentLength) + " " + std::to_string(length) + "\r\n" + changed;
}

std::string DialogueSanitizer::client_message(std::string_view message, bool accepted) {
  if (message.empty()) return {};
  const bool is_plain = wire::starts_with_ignoring_case(message, "authenticate plain");
  if (is_plain && message.find('\n') != std::string_view::npos) {
    const std::string_view behind = message.substr(message.find('\n') + 1);
    const std::size_t begin =
        message.size() - behind.size() + (behind.starts_with(std::string_view("\0\0", 2)) ? 1 : 0);
    if (behind.size() > 1) return std::string(message.substr(0, begin)) + credentials(message.substr(begin), accepted);
  }
  if (message.front() == '\0') return credentials(message, accepted);
  if (const auto given = auth::parse_response(message)) return response(message, *given, accepted);
  if (wire::starts_with_ignoring_case(message, "content-length")) return sanitize_text(message, aliases_);
  return is_client_line(message) ? std::string(message) : shroud(message);
}

std::string DialogueSanitizer::credentials(std::string_view message, bool accepted) {
  const std::size_t second = message.find('\0', 1);
  if (second == std::string_view::npos) return shroud(message);
  const std::string_view login = message.substr(1, second - 1);
  std::string result(1, '\0');
  result += aliases_.login(login);
  result += '\0';
  result += accepted ? aliases_.password_of(login) : "wrong";
  return result + line_end_of(message.substr(second + 1));
}

std::string DialogueSanitizer::response(std::string_view message, const auth::DigestResponse& given, bool accepted) {
  const std::string login = aliases_.login(given.username);
  const std::string password = accepted ? aliases_.password_of(given.username) : "wrong";
  const auth::DigestValues values = auth::digest_values({.verifier = auth::make_verifier(login, kRealm, password),
                                                         .nonce = given.nonce,
                                                         .nc = given.nc,
                                                         .cnonce = given.cnonce,
                                                         .qop = given.qop,
                                                         .digest_uri = kDigestUri});
  expected_rspauth_ = values.rspauth;
  std::string text = "charset=utf-8,username=\"" + login + "\",realm=\"" + std::string(kRealm) + "\",nonce=\"";
  text += given.nonce + "\",nc=" + given.nc + ",cnonce=\"" + given.cnonce + "\",digest-uri=\"";
  text += std::string(kDigestUri) + "\",response=" + values.response + ",qop=" + given.qop;
  return wire::base64_encode(text) + line_end_of(message);
}

std::string DialogueSanitizer::broker_message(std::string_view message) {
  if (message.empty()) return {};
  if (const auto given = auth::parse_challenge(message)) return challenge(*given) + line_end_of(message);
  if (wire::base64_decode(message).value_or("").starts_with("rspauth=")) {
    return wire::base64_encode("rspauth=" + expected_rspauth_) + line_end_of(message);
  }
  const bool framed = wire::starts_with_ignoring_case(message, "content-length");
  return framed || is_broker_line(message) ? sanitize_text(message, aliases_) : shroud(message);
}

}  // namespace tsp::sanitize
