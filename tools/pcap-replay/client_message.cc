// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/client_message.h"

#include <variant>

#include "core/auth/digest_md5.h"
#include "core/base/overloaded.h"
#include "core/wire/framing.h"
#include "core/wire/message.h"
#include "core/wire/text.h"
#include "tools/pcap-replay/printable.h"

namespace tsp::replay {
namespace {

std::string create_words(const wire::CreateRequest& request) {
  std::string words = "create ";
  words += request.type ? wire::type_name(*request.type) : "unknown-type";
  if (request.client_ipv4) words += " ipv4=" + to_text(*request.client_ipv4);
  if (request.client_ipv6) words += " ipv6=" + to_text(*request.client_ipv6);
  if (request.bad_ipv4) words += " ipv4=unreadable";
  if (request.bad_ipv6) words += " ipv6=unreadable";
  if (request.keepalive_seconds) words += " keepalive=" + std::to_string(*request.keepalive_seconds);
  if (request.router) {
    const auto& length = request.router->prefix_length;
    words += " router=" + (length ? "/" + std::to_string(*length) : "no-length");
    for (const std::string& server : request.router->dns_servers) words += " dns_server=" + printable(server);
  }
  if (request.proxy) words += " proxy";
  return words;
}

ClientMessage read_request(std::string_view message) {
  const auto xml = wire::unframe_datagram(message);
  const auto request = xml ? wire::parse_request(*xml) : std::unexpected(wire::Status::InvalidRequest);
  if (!request) return {MessageKind::Other, "unreadable request of " + std::to_string(message.size()) + " bytes"};
  return std::visit(
      Overloaded{
          [](const wire::CreateRequest& create) { return ClientMessage{MessageKind::Create, create_words(create)}; },
          [](const wire::AcceptRequest&) { return ClientMessage{MessageKind::Accept, "accept"}; },
          [](const wire::RejectRequest&) { return ClientMessage{MessageKind::Reject, "reject"}; },
          [](const wire::DeleteRequest&) { return ClientMessage{MessageKind::Delete, "delete"}; },
          [](const wire::InfoRequest&) { return ClientMessage{MessageKind::Info, "info"}; },
      },
      *request);
}

ClientMessage read_credentials(std::string_view message) {
  const std::string_view login = message.substr(1, message.find('\0', 1) - 1);
  return {MessageKind::Credentials, "credentials of " + printable(login)};
}

}  // namespace

ClientMessage read_client_message(std::string_view message) {
  if (message.empty()) return {MessageKind::Poll, "poll"};
  if (wire::parse_version(message))
    return {MessageKind::Version, printable(wire::skip_trailing(message, wire::kFiller))};
  if (wire::is_echo_request(message)) return {MessageKind::EchoRequest, "ECHO REQUEST"};
  if (const auto mechanism = wire::parse_authenticate(message)) {
    return {MessageKind::Authenticate, "AUTHENTICATE " + printable(*mechanism)};
  }
  if (message.front() == '\0' && message.find('\0', 1) != std::string_view::npos) return read_credentials(message);
  if (const auto response = auth::parse_response(message)) {
    return {MessageKind::DigestResponse, "response of " + printable(response->username)};
  }
  if (wire::starts_with_ignoring_case(message, "content-length")) return read_request(message);
  return {MessageKind::Other, std::to_string(message.size()) + " bytes"};
}

std::string_view name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::Poll:
      return "poll";
    case MessageKind::Version:
      return "VERSION";
    case MessageKind::EchoRequest:
      return "ECHO REQUEST";
    case MessageKind::Authenticate:
      return "AUTHENTICATE";
    case MessageKind::Credentials:
      return "credentials";
    case MessageKind::DigestResponse:
      return "response";
    case MessageKind::Create:
      return "create";
    case MessageKind::Accept:
      return "accept";
    case MessageKind::Reject:
      return "reject";
    case MessageKind::Delete:
      return "delete";
    case MessageKind::Info:
      return "info";
    case MessageKind::Other:
      break;
  }
  return "unknown message";
}

}  // namespace tsp::replay
