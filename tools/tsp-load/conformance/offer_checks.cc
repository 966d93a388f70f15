// SPDX-License-Identifier: Apache-2.0
//
// S-59 to S-75: what is offered, and to whom.
#include <algorithm>
#include <vector>

#include "tools/tsp-load/conformance/dialogue.h"

namespace tsp::load::conformance {
namespace {

std::string offer_text(const Target& target, const wire::CreateRequest& request) {
  need_usual_type(target);
  UdpPeer peer(target);
  log_in(peer, target);
  std::string reply = peer.ask(framed_create(request));
  static_cast<void>(read_offer(reply));
  return reply;
}

std::string offer_text(const Target& target) {
  return offer_text(target, create_request(target));
}

// The parts of the text between `begin` and the next `end`.
std::vector<std::string> parts_between(std::string_view text, std::string_view begin, std::string_view end) {
  std::vector<std::string> parts;
  for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at)) {
    at += begin.size();
    const std::size_t stop = text.find(end, at);
    if (stop == std::string_view::npos) break;
    parts.emplace_back(text.substr(at, stop - at));
  }
  return parts;
}

void require_full_text(const std::string& text) {
  const auto address = parse_ipv6(text);
  require(address && text == to_full_text(*address), "an address is written " + shown(text));
}

void the_type_is_concrete_and_the_addresses_are_there(const Target& target) {
  // What parse_offer_reply takes has all of them.
  const std::string text = offer_text(target);
  for (const char* type : {"type=\"ipv4\"", "type=\"ipv6\""}) {
    require(parts_between(text, type, "<").size() >= 2, std::string("an address is missing of ") + type);
  }
}

void addresses_are_written_in_full(const Target& target) {
  const std::vector<std::string> addresses = parts_between(offer_text(target), "type=\"ipv6\">", "<");
  require(addresses.size() >= 2, "an address is missing");
  std::ranges::for_each(addresses, require_full_text);
}

void a_resolver_is_there(const Target& target) {
  const auto offer = read_offer(offer_text(target));
  require(offer.dns_server.has_value(), "no dns_server");
}

void keepalive_has_an_address(const Target& target) {
  const std::string text = offer_text(target);
  const Offer offer = read_offer(text);
  const std::vector<std::string> elements = parts_between(text, "<keepalive ", "</keepalive>");
  if (offer.keepalive_seconds == 0) {
    require(elements.empty(), "there is a keepalive of 0 seconds");
  } else {
    const char* address = target.over_ipv6() ? "<address type=\"ipv4\"" : "<address type=\"ipv6\"";
    require(elements.size() == 1 && elements[0].find(address) != std::string::npos, "it has no address");
  }
}

void the_xml_is_what_gogoc_reads(const Target& target) {
  const std::string text = offer_text(target);
  const std::string xml = text.substr(text.find('<'));
  for (const char* forbidden : {"<?", "<!", "'", "&", "%", "= ", " =", "\t"}) {
    require(xml.find(forbidden) == std::string::npos, "it holds " + shown(forbidden));
  }
  for (const std::string& tag : parts_between(xml, "<", ">")) {
    require(tag.find_first_of("\r\n") == std::string::npos, "a line ends inside a tag");
  }
}

void the_lifetime_is_there(const Target& target) {
  require(read_offer(offer_text(target)).lifetime_minutes > 0, "it is missing");
}

bool says_why_not(unsigned status) {
  return status == 507 || status == 518 || status == 520 || status == 522;
}

void require_prefix(std::string_view reply) {
  const std::vector<std::string> parts = parts_between(reply, "<prefix length=\"", "</prefix>");
  require(parts.size() == 1, "an offer to a router has no prefix");
  const std::size_t end = parts[0].find("\">");
  require(end != std::string::npos, "the prefix is " + shown(parts[0]));
  const std::string address = parts[0].substr(end + 2);
  const std::string prefix = address + "/" + parts[0].substr(0, end);
  if (!parse_ipv4(address)) require_full_text(address);
  require(parse_prefix(prefix) || parse_ipv4_prefix(prefix), "the prefix has host bits: " + shown(parts[0]));
}

void a_router_gets_a_prefix_or_is_told_why_not(const Target& target) {
  const auto lengths =
      target.over_ipv6() ? std::vector<std::uint8_t>{24, 28, 29, 30} : std::vector<std::uint8_t>{48, 56, 60, 64};
  for (const std::uint8_t length : lengths) {
    UdpPeer peer(target);
    target.account ? log_in_with_account(peer, target) : log_in(peer, target);
    wire::CreateRequest request = create_request(target);
    request.router = wire::RouterRequest{.prefix_length = length, .dns_servers = {}};
    const std::string reply = peer.ask(framed_create(request));
    const unsigned status = framed_status(reply);
    require(status == 200 || says_why_not(status),
            "a /" + std::to_string(length) + " was answered with " + shown(reply));
    if (status == 200) require_prefix(reply);
  }
}

void name_servers_may_be_names_or_addresses(const Target& target) {
  need(!target.over_ipv6(), "prefixes of IPv4 are not delegated");
  UdpPeer peer(target);
  need_account(target);
  log_in_with_account(peer, target);
  wire::CreateRequest request = create_request(target);
  request.router =
      wire::RouterRequest{.prefix_length = 64, .dns_servers = {"ns.example.org", "192.0.2.53", "2001:db8::53"}};
  const std::string reply = peer.ask(framed_create(request));
  const unsigned status = framed_status(reply);
  require(status == 200 || status == 509 || says_why_not(status), "they were answered with " + shown(reply));
}

void the_type_follows_the_nat(const Target& target) {
  need(!target.over_ipv6(), "the server is asked over IPv6");
  need_usual_type(target);
  wire::CreateRequest request = create_request(target, RequestedType::V6AnyV4);
  const Offer without_nat = read_offer(offer_text(target, request));
  require(target.offers(without_nat.type), "a type that is not advertised was chosen");
  request.client_ipv4 = IPv4Address{{10, 255, 255, 1}};
  const Offer behind_nat = read_offer(offer_text(target, request));
  require(behind_nat.type == TunnelType::V6UdpV4, "behind a NAT another type was chosen");
  if (!target.tcp) return;
  TcpPeer peer(target);
  log_in(peer, target);
  require_framed(peer.ask(framed_create(request)), 303, "v6anyv4 over TCP behind a NAT");
}

std::vector<std::string> types_of_the_other_version(const Target& target) {
  if (target.over_ipv6()) return {"v6v4", "v6udpv4", "v6anyv4"};
  return {"v4v6"};
}

void types_need_their_transport(const Target& target) {
  const MinimalCreate& minimal = minimal_create(target);
  const std::string carrier = target.over_ipv6() ? " over IPv6" : " over IPv4";
  for (const std::string& type : types_of_the_other_version(target)) {
    UdpPeer peer(target);
    log_in(peer, target);
    require_framed(peer.ask(wire::framed_request(replaced(minimal.text, minimal.type, type))), 303, type + carrier);
  }
  if (!target.tcp || target.over_ipv6()) return;
  TcpPeer stream(target);
  log_in(stream, target);
  require_framed(stream.ask(framed_create(create_request(target))), 303, "v6udpv4 over TCP");
}

void reserved_endpoints_are_refused(const Target& target) {
  need(target.offers(TunnelType::V6V4), "the server has no v6v4" + std::string(target.over_ipv6() ? " over IPv6" : ""));
  UdpPeer peer(target);
  log_in(peer, target);
  wire::CreateRequest request = create_request(target, RequestedType::V6V4);
  request.client_ipv4 = IPv4Address{{127, 0, 0, 1}};
  const unsigned status = framed_status(peer.ask(framed_create(request)));
  require(status == 501 || status == 303, "127.0.0.1 was answered with " + std::to_string(status));
}

void the_endpoint_is_where_packets_come_from(const Target& target) {
  wire::CreateRequest request = create_request(target);
  request.client_ipv4 = IPv4Address{{198, 51, 100, 99}};
  Tunnel(target, request).require_echo("whose request named another address");
}

void third_hosts_are_refused(const Target& target) {
  UdpPeer peer(target);
  log_in(peer, target);
  wire::CreateRequest request =
      create_request(target, target.offers(TunnelType::V6V4) ? RequestedType::V6V4 : target.usual_type());
  claim_address(request, {{198, 51, 100, 99}}, *parse_ipv6("2001:db8:dead::99"));
  request.proxy = true;
  const unsigned status = framed_status(peer.ask(framed_create(request)));
  require(status >= 300, "it was answered with " + std::to_string(status));
}

void an_account_keeps_what_it_has(const Target& target) {
  need_account(target);
  Tunnel old(target, create_request(target), true);
  old.require_echo("of the account");
  Tunnel young(target, create_request(target), true);
  require(young.offer().client_inner == old.offer().client_inner, "it got another address");
  young.require_echo("from the account's new place");
  require(!old.echoes(), "its old tunnel still works");
}

void version_leaves_the_tunnel(const Target& target) {
  Tunnel tunnel(target);
  tunnel.require_echo("at all");
  const std::string reply = tunnel.peer().exchange(0xF0800000, 7, version_line(target.version));
  require(reply.starts_with("CAPABILITY "), "VERSION was answered with " + shown(reply));
  tunnel.require_echo("after a VERSION on its path");
  tunnel.negotiate_again();
  tunnel.require_echo("that was negotiated anew on the same path");
}

void reject_delete_and_info_work(const Target& target) {
  need_usual_type(target);
  UdpPeer peer(target);
  log_in(peer, target);
  static_cast<void>(read_offer(peer.ask(framed_create(create_request(target)))));
  const std::string rejected = peer.ask(framed_action("reject"));
  require(rejected.empty() || status_of(rejected) == 200, "reject was answered with " + shown(rejected));
  Tunnel tunnel(target);
  const unsigned status = framed_status(tunnel.peer().ask(framed_action("info")));
  require(status == 200 || status == 310, "info was answered with " + std::to_string(status));
  tunnel.require_echo("before delete");
  require_framed(tunnel.peer().ask(framed_action("delete")), 200, "delete");
  require(!tunnel.echoes(), "the tunnel works after delete");
}

constexpr Check kChecks[] = {
    {"S-59", Level::Must, "a concrete type, and both addresses of each side",
     the_type_is_concrete_and_the_addresses_are_there},
    {"S-60", Level::Must, "IPv6 is written in full", addresses_are_written_in_full},
    {"S-61", Level::Must, "a resolver is there", a_resolver_is_there},
    {"S-62", Level::Must, "keepalive has an address, or is left out", keepalive_has_an_address},
    {"S-63", Level::Must, "the XML is what gogoc reads", the_xml_is_what_gogoc_reads},
    {"S-64", Level::Must, "the lifetime is there", the_lifetime_is_there, "whether it is enforced"},
    {"S-65", Level::Must, "a router gets a prefix, or is told why not", a_router_gets_a_prefix_or_is_told_why_not},
    {"S-66", Level::Should, "name servers may be names or addresses", name_servers_may_be_names_or_addresses,
     "what becomes of the delegation"},
    {"S-67", Level::Must, "v6anyv4 becomes what the NAT allows", the_type_follows_the_nat},
    {"S-68", Level::Must, "types need their transport", types_need_their_transport,
     "what the other version of IP allows"},
    {"S-69", Level::Must, "reserved endpoints of v6v4 are refused", reserved_endpoints_are_refused,
     "endpoints of others"},
    {"S-70", Level::Must, "the endpoint is where packets come from", the_endpoint_is_where_packets_come_from},
    {"S-71", Level::Must, "a tunnel to a third host is refused", third_hosts_are_refused},
    {"S-72", Level::Must, "an account keeps its address, and has one tunnel", an_account_keeps_what_it_has},
    {"S-73", Level::Must, "VERSION on a tunnel's path leaves it alone", version_leaves_the_tunnel},
    {"S-74", Level::Should, "reject, delete and info work", reject_delete_and_info_work},
    {"S-75", Level::Should, "lists of brokers are what clients read", nullptr, "the server sends none at will"},
};

}  // namespace

std::span<const Check> offer_checks() {
  return kChecks;
}

}  // namespace tsp::load::conformance
