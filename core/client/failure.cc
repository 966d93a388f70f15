// SPDX-License-Identifier: Apache-2.0
#include "core/client/failure.h"

namespace tsp::client {
namespace {

constexpr unsigned kRedirectOffset = 1000;

// The server's own words, as far as they fit on a line.
std::string first_line(std::string_view message) {
  constexpr std::size_t kLineMax = 120;
  std::string line;
  for (const char c : message.substr(0, kLineMax)) {
    if (c == '\r' || c == '\n' || c == '\0') break;
    line += c >= ' ' && c <= '~' ? c : '?';
  }
  return line;
}

RetryClass retry_class_of_code(unsigned code) {
  switch (code) {
    case 301:  // no more tunnels
    case 310:  // server side error
    case 521:  // request already in progress
    case 530:  // server too busy
      return RetryClass::Later;
    default:
      return RetryClass::Refused;
  }
}

}  // namespace

std::string_view name(FailureKind kind) {
  switch (kind) {
    case FailureKind::CannotConnect:
      return "cannot_connect";
    case FailureKind::NoAnswer:
      return "no_answer";
    case FailureKind::TimedOut:
      return "timed_out";
    case FailureKind::ConnectionClosed:
      return "connection_closed";
    case FailureKind::VersionRefused:
      return "version_refused";
    case FailureKind::TypeNotOffered:
      return "type_not_offered";
    case FailureKind::MechanismNotOffered:
      return "mechanism_not_offered";
    case FailureKind::AuthenticationFailed:
      return "authentication_failed";
    case FailureKind::ServerNotAuthentic:
      return "server_not_authentic";
    case FailureKind::Refused:
      return "refused";
    case FailureKind::Redirected:
      return "redirected";
    case FailureKind::RedirectRefused:
      return "redirect_refused";
    case FailureKind::BadReply:
      return "bad_reply";
    case FailureKind::BadOffer:
      return "bad_offer";
    case FailureKind::LocalRefused:
      return "local_refused";
  }
  return "";
}

RetryClass retry_class(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::CannotConnect:
    case FailureKind::NoAnswer:
    case FailureKind::TimedOut:
    case FailureKind::ConnectionClosed:
    case FailureKind::Redirected:
    case FailureKind::BadReply:
      return RetryClass::Later;
    case FailureKind::VersionRefused:
    case FailureKind::TypeNotOffered:
    case FailureKind::MechanismNotOffered:
    case FailureKind::AuthenticationFailed:
    case FailureKind::ServerNotAuthentic:
    case FailureKind::RedirectRefused:
    case FailureKind::BadOffer:
    case FailureKind::LocalRefused:
      return RetryClass::Refused;
    case FailureKind::Refused:
      return retry_class_of_code(failure.code);
  }
  return RetryClass::Refused;
}

Failure failure_from_status(unsigned code, std::string_view message) {
  if (code > kRedirectOffset) {
    if (auto redirect = wire::parse_redirect(message)) return failure_from_redirect(std::move(*redirect));
    return {.kind = FailureKind::BadReply, .code = code, .detail = "redirect without a broker list", .redirect = {}};
  }
  FailureKind kind = FailureKind::Refused;
  if (code == 300) kind = FailureKind::AuthenticationFailed;
  if (code == 302) kind = FailureKind::VersionRefused;
  return {.kind = kind, .code = code, .detail = first_line(message), .redirect = {}};
}

Failure failure_from_redirect(wire::Redirect redirect) {
  std::string detail = "to";
  for (const std::string& broker : redirect.brokers) detail += " " + first_line(broker);
  return {.kind = FailureKind::Redirected,
          .code = redirect.code + kRedirectOffset,
          .detail = std::move(detail),
          .redirect = std::move(redirect)};
}

}  // namespace tsp::client
