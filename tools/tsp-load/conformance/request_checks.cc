// SPDX-License-Identifier: Apache-2.0
//
// S-50 to S-58: the command phase.
#include "tools/tsp-load/conformance/dialogue.h"

namespace tsp::load::conformance {
namespace {

using namespace std::string_literals;

// What a new session answers to that as its first request.
std::string answer_to(const Target& target, const std::string& request) {
  UdpPeer peer(target);
  log_in(peer, target);
  return peer.ask(request);
}

std::string minimal_with(const Target& target, std::string_view part, std::string_view by) {
  return wire::framed_request(replaced(minimal_create(target).text, part, by));
}

std::string with_unknown_type(const Target& target) {
  return minimal_with(target, minimal_create(target).type, "v9overmail");
}

void require_refusal(const Target& target, const std::string& request, unsigned status, std::string_view what) {
  require_framed(answer_to(target, request), status, what);
}

void the_length_is_exact(const Target& target) {
  static_cast<void>(framed_status(answer_to(target, framed_create(create_request(target)))));
}

void errors_are_framed(const Target& target) {
  const unsigned status = framed_status(answer_to(target, with_unknown_type(target)));
  require(status >= 300, "an unknown type was answered with " + std::to_string(status));
}

void requests_are_read_in_any_form(const Target& target) {
  need_usual_type(target);
  const MinimalCreate& minimal = minimal_create(target);
  std::string single_quotes(minimal.text);
  for (char& c : single_quotes) c = c == '"' ? '\'' : c;
  const std::string forms[] = {
      wire::framed_request(minimal.text),
      wire::framed_request(single_quotes),
      minimal_with(target, minimal.address, "\r\n   " + std::string(minimal.address) + "  \r\n"),
      minimal_with(target, "</client>", "<keepalive interval=\"30\"></keepalive></client>"),
      minimal_with(target, "</client>", "<keepalive interval=\"30\"/></client>"),
      framed_create(create_request(target)),
  };
  for (const std::string& form : forms) {
    const std::string reply = answer_to(target, form);
    require(framed_status(reply) == 200, shown(form) + " was answered with " + shown(reply));
  }
}

void the_length_of_a_request_must_fit(const Target& target) {
  need_usual_type(target);
  const std::string minimal(minimal_create(target).text);
  require_refusal(target, "Content-length: 500\r\n" + minimal, 500, "a length greater than the datagram");
  require_framed(answer_to(target, wire::framed_request(minimal) + "\r\n\0 "s), 200, "blank surplus");
}

void the_length_header_may_be_spelled_oddly(const Target& target) {
  const std::string minimal(minimal_create(target).text);
  const std::string size = std::to_string(minimal.size());
  for (const std::string& head :
       {"content-LENGTH :" + size + "\r\n", "CONTENT-LENGTH:  " + size + "\n", "Content-length: " + size + " \r\n"}) {
    const unsigned status = framed_status(answer_to(target, head + minimal));
    require(status == 200 || status == 500, shown(head) + " was answered with " + std::to_string(status));
  }
}

void unknown_things_have_their_status(const Target& target) {
  require_refusal(target, framed_action("dance"), 500, "an unknown action");
  require_refusal(target, with_unknown_type(target), 303, "an unknown type");
  need_usual_type(target);
  require_refusal(target, minimal_with(target, minimal_create(target).address_element, ""),
                  target.over_ipv6() ? 502 : 501, "no client address");
}

void entities_are_refused(const Target& target) {
  const MinimalCreate& minimal = minimal_create(target);
  const std::string doctype = "<!DOCTYPE t [<!ENTITY a \"" + std::string(minimal.address) + "\">]>";
  require_refusal(target, wire::framed_request(doctype + std::string(minimal.text)), 500, "a document type");
  require_refusal(target, wire::framed_request(doctype + replaced(minimal.text, minimal.address, "&a;")), 500,
                  "an entity");
}

void accept_needs_an_offer(const Target& target) {
  require_refusal(target, framed_action("accept"), 500, "accept without an offer");
}

constexpr Check kChecks[] = {
    {"S-50", Level::Must, "the length of a reply is exact", the_length_is_exact},
    {"S-51", Level::Must, "errors are framed", errors_are_framed},
    {"S-52", Level::Must, "requests are read in any legal form", requests_are_read_in_any_form},
    {"S-53", Level::Must, "a length that does not fit is a 500; blank surplus is none",
     the_length_of_a_request_must_fit},
    {"S-54", Level::Should, "odd spellings of the length header do no harm", the_length_header_may_be_spelled_oddly},
    {"S-55", Level::Must, "unknown action 500, unknown type 303, no address 501 or 502",
     unknown_things_have_their_status},
    {"S-56", Level::Must, "document types and entities are a 500", entities_are_refused, "that nothing is fetched"},
    {"S-57", Level::Should, "accept without an offer is a 500", accept_needs_an_offer},
    {"S-58", Level::Beyond, "a source that begins again and again is limited", nullptr, "it would take a flood"},
};

}  // namespace

std::span<const Check> request_checks() {
  return kChecks;
}

}  // namespace tsp::load::conformance
