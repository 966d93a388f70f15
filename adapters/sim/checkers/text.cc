// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/text.h"

#include <algorithm>
#include <charconv>

#include "core/base/state_hash.h"

namespace tsp::sim {
namespace {

// The text between `before` and `after`, searched from `from` on.
std::optional<std::string_view> between(std::string_view text, std::string_view before, std::string_view after,
                                        std::size_t from = 0) {
  const std::size_t begin = text.find(before, from);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(after, begin + before.size());
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(begin + before.size(), end - begin - before.size());
}

bool begins_with(std::string_view text, std::string_view upper_case) {
  if (text.size() < upper_case.size()) return false;
  return std::equal(upper_case.begin(), upper_case.end(), text.begin(), [](char wanted, char found) {
    return wanted == (found >= 'a' && found <= 'z' ? static_cast<char>(found - 'a' + 'A') : found);
  });
}

std::optional<unsigned> value_of_digit(char c) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = kDigits.find(c);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<unsigned>(at));
}

// The value of `key="…"`, without its backslashes.
std::optional<std::string> quoted_value(std::string_view text, std::string_view key) {
  const std::size_t found = text.find(key);
  if (found == std::string_view::npos) return std::nullopt;
  std::string value;
  for (std::size_t at = found + key.size(); at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  return value;
}

}  // namespace

std::uint64_t hash_of(ByteView bytes) {
  return StateHash().add(bytes).value();
}

MessageKind kind_of(std::string_view message) {
  if (begins_with(message, "VERSION=")) return MessageKind::Hello;
  if (begins_with(message, "AUTHENTICATE")) return MessageKind::Authenticate;
  const bool accepts = message.find("action=\"accept\"") != std::string_view::npos;
  return accepts ? MessageKind::Accept : MessageKind::Other;
}

std::optional<ToldOffer> find_offer(std::string_view reply) {
  const std::size_t client = reply.find("<client>");
  if (client == std::string_view::npos) return std::nullopt;
  const bool ipv4 = reply.find("type=\"v4v6\"") != std::string_view::npos;
  const auto inner_text =
      between(reply, ipv4 ? "<address type=\"ipv4\" length=\"32\">" : "<address type=\"ipv6\">", "<", client);
  const auto inner = inner_text ? parse_address(*inner_text) : std::nullopt;
  if (!inner) return std::nullopt;
  ToldOffer offer{.inner = *inner};
  const auto outer_text = between(reply, ipv4 ? "<address type=\"ipv6\">" : "<address type=\"ipv4\">", "<", client);
  if (outer_text) offer.outer = parse_address(*outer_text);
  const auto length_text = between(reply, "<prefix length=\"", "\"", client);
  if (!length_text) return offer;
  unsigned length = 0;
  std::from_chars(length_text->data(), length_text->data() + length_text->size(), length);
  const auto base_text = between(reply, ">", "<", reply.find("<prefix length=", client));
  const auto base = base_text ? parse_address(*base_text) : std::nullopt;
  if (ipv4) length += 96;
  if (base && length <= 128) offer.delegated = IPv6Prefix{.base = *base, .length = static_cast<std::uint8_t>(length)};
  return offer;
}

std::optional<std::string> find_login(std::string_view message) {
  if (kind_of(message) == MessageKind::Authenticate) {
    std::string_view rest = message.substr(std::string_view("AUTHENTICATE").size());
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t")));
    return begins_with(rest, "ANONYMOUS") ? std::optional(std::string()) : std::nullopt;
  }
  const std::size_t first = message.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second != std::string_view::npos) return std::string(message.substr(first + 1, second - first - 1));
  return quoted_value(decode_base64(message), "username=\"");
}

std::optional<std::string> find_nonce(std::string_view reply) {
  // Other replies begin with a digit, or are words.
  if (reply.size() < 64 || reply.find(' ') != std::string_view::npos) return std::nullopt;
  return quoted_value(decode_base64(reply), "nonce=\"");
}

bool is_rspauth(std::string_view reply) {
  return reply.find(' ') == std::string_view::npos && decode_base64(reply).starts_with("rspauth=");
}

std::string decode_base64(std::string_view text) {
  std::string decoded;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto digit = value_of_digit(c);
    if (!digit) break;
    bits = bits << 6 | *digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    decoded += static_cast<char>(bits >> held & 0xFF);
  }
  return decoded;
}

}  // namespace tsp::sim
