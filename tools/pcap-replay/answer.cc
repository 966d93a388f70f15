// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/answer.h"

#include <array>
#include <variant>

#include "core/auth/digest_md5.h"
#include "core/wire/base64.h"
#include "core/wire/framing.h"
#include "core/wire/message.h"
#include "core/wire/text.h"
#include "tools/pcap-replay/printable.h"

namespace tsp::replay {
namespace {

constexpr std::size_t kFullTextSize = 39;  // of an IPv6 address: eight groups of four digits

// "name=value " for each field.
class Fields {
 public:
  explicit Fields(const IgnoredFields& ignored) : ignored_(ignored) {}

  void add(const std::string& name, const std::string& value, const std::string& behind = {}) {
    text_ += " " + name + "=" + (ignored_.contains(name) ? "*" : value) + behind;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  const IgnoredFields& ignored_;
  std::string text_;
};

std::string offer_words(const Offer& offer, const IgnoredFields& ignored) {
  Fields fields(ignored);
  fields.add("server.ipv4", to_unmapped_text(offer.server().ipv4));
  fields.add("server.ipv6", to_text(offer.server().ipv6));
  fields.add("client.ipv4", to_unmapped_text(offer.client().ipv4));
  fields.add("client.ipv6", to_text(offer.client().ipv6));
  if (offer.client_name) fields.add("client.dn", printable(*offer.client_name));
  if (offer.dns_server) fields.add("dns_server", to_text(*offer.dns_server));
  if (offer.delegated) {
    const std::string prefix = to_text(*offer.delegated);
    const std::size_t slash = prefix.find('/');
    fields.add("prefix", prefix.substr(0, slash), prefix.substr(slash));
  }
  if (offer.keepalive_seconds > 0) {
    fields.add("keepalive", std::to_string(offer.keepalive_seconds));
    fields.add(carries_ipv4(offer.type) ? "keepalive.ipv4" : "keepalive.ipv6",
               to_unmapped_text(offer.keepalive_address));
  }
  if (offer.lifetime_minutes > 0) fields.add("lifetime", std::to_string(offer.lifetime_minutes));
  return std::string(wire::type_name(offer.type)) + fields.text();
}

// The status line behind the length header, or at the start.
std::string_view status_line_of(std::string_view answer) {
  if (wire::starts_with_ignoring_case(answer, "content-length")) {
    answer.remove_prefix(std::min(answer.find('\n') + 1, answer.size()));
  }
  return wire::trim(answer.substr(0, answer.find('\n')));
}

std::string redirect_words(const wire::Redirect& redirect) {
  std::string words = ", brokers";
  for (const std::string& broker : redirect.brokers) words += " " + printable(broker);
  return words;
}

AnswerShape read_challenge(const auth::DigestChallenge& challenge, const IgnoredFields& ignored) {
  Fields fields(ignored);
  fields.add("realm", printable(challenge.realm));
  fields.add("nonce", challenge.nonce);
  fields.add("charset", challenge.charset.empty() ? "none" : challenge.charset);
  return {.text = "challenge" + fields.text()};
}

}  // namespace

std::string complaint_of_gogoc(std::string_view answer) {
  if (!wire::unframe_datagram(answer)) return "wrong Content-length";
  if (answer.find("<dns_server>") == std::string_view::npos) return "no dns_server";
  constexpr std::array<std::string_view, 2> kTags{"<address type=\"ipv6\">", "<prefix length=\""};
  for (const std::string_view tag : kTags) {
    for (auto at = answer.find(tag); at != std::string_view::npos; at = answer.find(tag, at + 1)) {
      const std::size_t begin = answer.find('>', at) + 1;
      const std::string_view address = answer.substr(begin, answer.find('<', begin) - begin);
      const bool is_ipv6 = address.find(':') != std::string_view::npos;
      if (is_ipv6 && address.size() != kFullTextSize) return "an IPv6 address that is not written in full";
    }
  }
  return {};
}

AnswerShape read_answer(std::string_view answer, std::string_view expected_rspauth, const IgnoredFields& ignored) {
  if (answer.empty()) return {.text = "empty"};
  if (wire::parse_capability(answer)) return {.text = printable(wire::trim(answer))};
  if (const auto challenge = auth::parse_challenge(answer)) return read_challenge(*challenge, ignored);
  if (wire::base64_decode(answer).value_or("").starts_with("rspauth=")) {
    const bool right = !expected_rspauth.empty() && auth::check_rspauth(answer, expected_rspauth);
    return {.text = right ? "right rspauth" : "WRONG rspauth"};
  }
  const bool framed = wire::starts_with_ignoring_case(answer, "content-length");
  const std::string_view line = status_line_of(answer);
  AnswerShape shape{.text = (framed ? "framed " : "") + printable(line), .status = wire::parse_status_code(line)};
  const auto reply = framed ? wire::parse_offer_reply(answer) : std::unexpected(wire::ReplyError::Malformed);
  if (reply && std::holds_alternative<Offer>(*reply)) {
    shape.offer = std::get<Offer>(*reply);
    const std::string complaint = complaint_of_gogoc(answer);
    shape.text += ", offer " + offer_words(*shape.offer, ignored);
    if (!complaint.empty()) shape.text += ", NO CLIENT READS IT: " + complaint;
  } else if (reply && std::holds_alternative<wire::Redirect>(*reply)) {
    shape.text += redirect_words(std::get<wire::Redirect>(*reply));
  } else if (const auto redirect = wire::parse_redirect(answer)) {
    shape.text += redirect_words(*redirect);
  }
  return shape;
}

}  // namespace tsp::replay
