// SPDX-License-Identifier: Apache-2.0
//
// A server's replies as a client reads them: generous about form, strict about addresses.
#include "core/wire/content_length.h"
#include "core/wire/message.h"
#include "core/wire/reply_xml.h"
#include "core/wire/text.h"
#include "core/wire/xml.h"

namespace tsp::wire {

namespace {

constexpr std::size_t kReplySizeMax = 65536;
constexpr XmlLimits kReplyLimits{.size_max = kReplySizeMax, .elements_max = 256, .declaration_allowed = true};

// What a status line and its XML are in, if it is a frame at all. A Content-length that is too small is not held
// against the server: the numbers in the RFC's own examples are wrong.
std::expected<std::string_view, ReplyError> unframe_reply(std::string_view message) {
  message = skip_leading(message, kFiller);
  if (!starts_with_ignoring_case(message, "content-length")) return message;
  const std::size_t line_end = message.find('\n');
  if (line_end == std::string_view::npos) return std::unexpected(ReplyError::Truncated);
  const auto length = parse_content_length(message.substr(0, line_end), kReplySizeMax);
  if (!length) return std::unexpected(ReplyError::Malformed);
  message.remove_prefix(line_end + 1);
  if (message.size() < *length) return std::unexpected(ReplyError::Truncated);
  return message;
}

std::optional<pugi::xml_node> load_reply(pugi::xml_document& document, std::string_view reply) {
  const std::size_t begin = reply.find('<');
  if (begin == std::string_view::npos) return std::nullopt;
  return load_tunnel(document, skip_trailing(reply.substr(begin), kFiller), kReplyLimits);
}

template <class T>
std::expected<OfferReply, ReplyError> or_malformed(std::optional<T> reply) {
  if (!reply) return std::unexpected(ReplyError::Malformed);
  return *std::move(reply);
}

std::optional<Offer> parse_offer(std::string_view reply) {
  pugi::xml_document document;
  const auto tunnel = load_reply(document, reply);
  return tunnel ? read_offer(*tunnel) : std::nullopt;
}

}  // namespace

std::expected<OfferReply, ReplyError> parse_offer_reply(std::string_view message) {
  const auto reply = unframe_reply(message);
  if (!reply) return std::unexpected(reply.error());
  const unsigned code = parse_status_code(*reply).value_or(0);
  if (code == static_cast<unsigned>(Status::Success)) return or_malformed(parse_offer(*reply));
  if (code > kRedirectBase) return or_malformed(parse_redirect(*reply));
  if (code < 100 || code == kRedirectBase) return std::unexpected(ReplyError::Malformed);
  return Refusal{code};
}

std::optional<unsigned> reply_code(std::string_view message) {
  const auto reply = unframe_reply(message);
  return reply ? parse_status_code(*reply) : std::nullopt;
}

std::optional<Redirect> parse_redirect(std::string_view message) {
  const unsigned code = parse_status_code(message).value_or(0);
  if (code <= kRedirectBase) return std::nullopt;
  pugi::xml_document document;
  const auto tunnel = load_reply(document, message);
  if (!tunnel) return std::nullopt;
  auto brokers = read_brokers(*tunnel);
  if (!brokers) return std::nullopt;
  return Redirect{code - kRedirectBase, *std::move(brokers)};
}

}  // namespace tsp::wire
