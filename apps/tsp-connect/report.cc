// SPDX-License-Identifier: Apache-2.0
#include "apps/tsp-connect/report.h"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/tsp-connect/hook_report.h"
#include "core/wire/message.h"
#include "core/wire/status.h"

namespace tsp::tsp_connect {
namespace {

using client::FailureKind;
using client::Report;
using client::ReportCode;
using json = nlohmann::ordered_json;

std::string_view name(client::Transport transport) {
  return transport == client::Transport::Udp ? "UDP" : "TCP";
}

std::string_view event_name(ReportCode code) {
  switch (code) {
    case ReportCode::Measured:
      return "measured";
    case ReportCode::Connecting:
      return "connecting";
    case ReportCode::AttemptFailed:
      return "attempt_failed";
    case ReportCode::Waiting:
      return "waiting";
    case ReportCode::TunnelUp:
      return "tunnel_up";
    case ReportCode::TunnelConfirmed:
      return "tunnel_confirmed";
    case ReportCode::KeepaliveLost:
      return "keepalive_lost";
    case ReportCode::TunnelDown:
      return "tunnel_down";
    case ReportCode::FallingBack:
      return "falling_back";
    case ReportCode::Renewing:
      return "renewing";
    case ReportCode::NotDeleted:
      return "not_deleted";
  }
  return "";
}

double milliseconds_of(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string milliseconds(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", milliseconds_of(duration));
  return text;
}

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::round<std::chrono::seconds>(duration).count());
}

// What is in front of the detail, for people; empty where the detail says it all.
std::string_view words(FailureKind kind) {
  switch (kind) {
    case FailureKind::CannotConnect:
      return "cannot connect";
    case FailureKind::ConnectionClosed:
      return "the connection ended";
    case FailureKind::VersionRefused:
    case FailureKind::AuthenticationFailed:
    case FailureKind::Refused:
      return "the server says";
    case FailureKind::Redirected:
      return "redirected";
    case FailureKind::RedirectRefused:
      return "the redirect is not followed";
    case FailureKind::BadReply:
      return "the server breaks the protocol";
    case FailureKind::BadOffer:
      return "the offer is not acceptable";
    case FailureKind::LocalRefused:
      return "this host cannot have the tunnel";
    case FailureKind::NoAnswer:
    case FailureKind::TimedOut:
    case FailureKind::ServerNotAuthentic:
    case FailureKind::TypeNotOffered:
    case FailureKind::MechanismNotOffered:
      return "";
  }
  return "";
}

// With v6anyv4 it would be found out, and something done about it.
constexpr const char* kFiltered =
    "; if none ever is, protocol 41 is filtered on the way: ask for --type v6anyv4 or v6udpv4";

// What a person can do about it; empty: nothing but wait.
std::string advice(const client::Failure& failure, const client::ClientConfig& asked) {
  if (failure.kind == FailureKind::AuthenticationFailed) {
    return "check login and password; the server's operator finds the reason in its log";
  }
  if (failure.kind == FailureKind::MechanismNotOffered) {
    return asked.mechanism == AuthMechanism::Anonymous ? "get an account there, and use --login"
                                                       : "another mechanism can be chosen with --auth";
  }
  if (failure.kind == FailureKind::RedirectRefused) {
    if (asked.redirects.hops_max == 0) return "because of --no-redirects";
    return asked.redirects.allow_private
               ? ""
               : "with --private-redirects it would also go to addresses that are not of the Internet";
  }
  const bool type_refused = failure.kind == FailureKind::TypeNotOffered ||
                            failure.code == static_cast<unsigned>(wire::Status::UnsupportedTunnelType);
  if (type_refused && asked.type == RequestedType::V6V4) {
    return "protocol 41 needs a public address of this host; behind a NAT ask for --type v6anyv4 or v6udpv4";
  }
  const bool length_refused = failure.code == static_cast<unsigned>(wire::Status::UnsupportedPrefixLength) ||
                              failure.code == static_cast<unsigned>(wire::Status::PrefixNotAvailable);
  if (failure.kind != FailureKind::Refused || !length_refused || !asked.router_prefix_length) return "";
  return "/" + std::to_string(*asked.router_prefix_length) +
         " was asked for; try another length with --router (most servers give /56 to /64), or ask the server's "
         "operator";
}

std::string failure_text(const Report& report, const client::ClientConfig& asked) {
  const client::Failure& failure = *report.failure;
  std::string text = to_text(report.server);
  for (const std::string& part : {std::string(words(failure.kind)), failure.detail, advice(failure, asked)}) {
    if (!part.empty()) text += ": " + part;
  }
  return text + "\n";
}

std::string distances_text(const std::vector<client::Distance>& distances) {
  std::string text = "servers to try:";
  for (const client::Distance& one : distances) {
    text += (&one == &distances.front() ? " " : ", ") + to_text(one.server) + " (" +
            (one.round_trip ? milliseconds(*one.round_trip) + " ms" : "no answer") + ")";
  }
  return text + "\n";
}

json distances_json(const std::vector<client::Distance>& distances) {
  json list = json::array();
  for (const client::Distance& one : distances) {
    json entry{{"server", to_text(one.server)}, {"round_trip_ms", nullptr}};
    if (one.round_trip) entry["round_trip_ms"] = milliseconds_of(*one.round_trip);
    list.push_back(std::move(entry));
  }
  return list;
}

// Servers pass over what they cannot use, and say only what they have taken.
std::string reverse_zone_text(const Offer& offer, const client::ClientConfig& asked) {
  if (asked.reverse_dns_servers.empty() || !offer.delegated) return "";
  std::string taken;
  for (const std::string& name : offer.name_servers) taken += (taken.empty() ? "" : ", ") + name;
  if (!taken.empty()) return "  reverse zone of the prefix: the server delegates it to " + taken + "\n";
  return "  reverse zone of the prefix: the server does not say that it delegates it (tspd takes names such as "
         "ns1.example.net, no addresses)\n";
}

std::string tunnel_text(const Report& report, const std::vector<std::string>& done, const client::ClientConfig& asked) {
  const Offer& offer = *report.offer;
  std::string text =
      "tunnel is up: " + std::string(wire::type_name(offer.type)) + " to " + to_text(report.server) + "\n";
  for (const std::string& line : done) text += "  " + line + "\n";
  if (offer.delegated) text += "  delegated prefix " + to_text(*offer.delegated) + "\n";
  text += reverse_zone_text(offer, asked);
  if (offer.keepalive_seconds > 0) {
    text += "  keepalive every " + std::to_string(offer.keepalive_seconds) + " s to " +
            to_unmapped_text(offer.keepalive_address) + "\n";
  }
  if (offer.client_name) text += "  name of this host: " + *offer.client_name + "\n";
  if (offer.dns_server) text += "  name server offered: " + to_text(*offer.dns_server) + " (not configured)\n";
  return text;
}

void add_offer(json& object, const Offer& offer, const linux_::HostOptions& host) {
  object["type"] = wire::type_name(offer.type);
  object["device"] = host.device_of(offer.type);
  object["mtu"] = host.mtu;
  object["address"] = to_unmapped_text(offer.client_inner);
  object["server_address"] = to_unmapped_text(offer.server_inner);
  object["default_route"] = host.default_route;
  object["keepalive_seconds"] = offer.keepalive_seconds;
  object["lifetime_minutes"] = offer.lifetime_minutes;
  if (offer.dns_server) object["dns_server"] = to_text(*offer.dns_server);
  if (offer.client_name) object["name"] = *offer.client_name;
  if (!offer.delegated) return;
  object["prefix"] = to_text(*offer.delegated);
  if (!offer.name_servers.empty()) object["name_servers"] = offer.name_servers;
  if (!host.lan.empty()) object["lan"] = host.lan;
}

}  // namespace

std::string report_text(const Report& report, const std::vector<std::string>& done, const client::ClientConfig& asked) {
  switch (report.code) {
    case ReportCode::Measured:
      return distances_text(report.distances);
    case ReportCode::Connecting:
      return "connecting to " + to_text(report.server) + " over " + std::string(name(report.transport)) + "\n";
    case ReportCode::AttemptFailed:
      return failure_text(report, asked);
    case ReportCode::Waiting:
      return "next try in " + seconds(report.delay) + " s\n";
    case ReportCode::TunnelUp:
      return tunnel_text(report, done, asked);
    case ReportCode::TunnelConfirmed:
      return "the server answers through the tunnel in " + milliseconds(report.delay) + " ms\n";
    case ReportCode::KeepaliveLost:
      return std::string("a keepalive was not answered") + (asked.type == RequestedType::V6V4 ? kFiltered : "") + "\n";
    case ReportCode::TunnelDown:
      return "tunnel is down: " + report.detail + "\n";
    case ReportCode::FallingBack:
      return report.detail + ": asking for " + std::string(wire::type_name(RequestedType::V6UdpV4)) + " for the next " +
             seconds(report.delay) + " s, or until the outer address changes\n";
    case ReportCode::Renewing:
      return "asking for a new tunnel: " + report.detail + "\n";
    case ReportCode::NotDeleted:
      return "the server is not known to have deleted the tunnel (" + report.detail +
             "); it ends there when it has been idle for some minutes\n";
  }
  return "";
}

std::string report_json(const Report& report, const linux_::HostOptions& host) {
  json object;
  object["event"] = event_name(report.code);
  object["server"] = to_text(report.server);
  object["transport"] = report.transport == client::Transport::Udp ? "udp" : "tcp";
  if (report.failure) {
    object["failure"] = client::name(report.failure->kind);
    if (report.failure->code != 0) object["status"] = report.failure->code;
  }
  if (report.offer) add_offer(object, *report.offer, host);
  if (!report.distances.empty()) object["servers"] = distances_json(report.distances);
  if (report.code == ReportCode::FallingBack) object["type"] = wire::type_name(RequestedType::V6UdpV4);
  if (report.code == ReportCode::Waiting || report.code == ReportCode::FallingBack) {
    object["delay_seconds"] = std::chrono::duration<double>(report.delay).count();
  }
  if (report.code == ReportCode::TunnelConfirmed) {
    object["round_trip_ms"] = milliseconds_of(report.delay);
  }
  if (!report.detail.empty()) object["detail"] = report.detail;
  // A server's words are any bytes: what is not UTF-8 is replaced.
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string describe(const linux_::ClientOptions& options) {
  const client::ClientConfig& negotiation = options.negotiation;
  std::string text = "server " + to_text(negotiation.server);
  const std::string_view between = negotiation.measure_distance ? ", or " : ", then ";
  for (const client::ServerName& server : negotiation.more_servers) text += std::string(between) + to_text(server);
  if (negotiation.measure_distance && !negotiation.more_servers.empty()) text += ", the nearest first";
  text += "\n";
  text += "authenticates as " +
          (negotiation.mechanism == AuthMechanism::Anonymous ? std::string("nobody") : negotiation.login) + " with " +
          std::string(wire::mechanism_name(negotiation.mechanism)) + "\n";
  text += "asks for a " + std::string(wire::type_name(negotiation.type)) + " tunnel";
  if (negotiation.router_prefix_length) text += " and a /" + std::to_string(*negotiation.router_prefix_length);
  if (options.host.hook.configures()) return text + "\n" + describe_hook(options.host.hook);
  text += "\nuses device " + options.host.device + " with MTU " + std::to_string(options.host.mtu);
  const bool ipv4 = negotiation.type == RequestedType::V4V6;
  if (options.host.default_route) text += std::string(", and sends ") + (ipv4 ? "0.0.0.0/0" : "::/0") + " through it";
  if (!options.host.lan.empty())
    text += std::string("\ngives the ") + (ipv4 ? "prefix" : "first /64") + " to " + options.host.lan;
  return text + "\n" + describe_hook(options.host.hook);
}

}  // namespace tsp::tsp_connect
