// SPDX-License-Identifier: Apache-2.0
#include "core/wire/status.h"

#include "core/base/assert.h"
#include "core/base/decimal.h"
#include "core/wire/text.h"

namespace tsp::wire {

std::string_view title(Status status) {
  switch (status) {
    case Status::Success:
      return "Success";
    case Status::AuthenticationFailed:
      return "Authentication failed";
    case Status::NoMoreTunnels:
      return "No more tunnels available";
    case Status::UnsupportedVersion:
      return "Unsupported client version";
    case Status::UnsupportedTunnelType:
      return "Unsupported tunnel type";
    case Status::ServerError:
      return "Server side error";
    case Status::InvalidRequest:
      return "Invalid request format or specified length";
    case Status::InvalidIPv4Address:
      return "Invalid IPv4 address";
    case Status::InvalidIPv6Address:
      return "Invalid IPv6 address";
    case Status::IPv4AddressInUse:
      return "IPv4 address already used for existing tunnel";
    case Status::PrefixNotAvailable:
      return "Requested prefix length cannot be assigned";
    case Status::DnsDelegationError:
      return "DNS delegation error";
    case Status::UnsupportedPrefixLength:
      return "Unsupported prefix length";
    case Status::MissingPrefixLength:
      return "Missing prefix length";
    case Status::RequestInProgress:
      return "Request already in progress";
    case Status::PrefixForAnonymous:
      return "Prefix requested for anonymous";
    case Status::ServerBusy:
      return "Server too busy";
  }
  assertion_failed("a Status that is none", __FILE__, __LINE__);
}

std::string status_line(Status status) {
  std::string line = std::to_string(static_cast<unsigned>(status));
  line += ' ';
  line += title(status);
  line += "\r\n";
  return line;
}

std::optional<unsigned> parse_status_code(std::string_view message) {
  constexpr unsigned kCodeMax = 1999;
  message = skip_leading(message, kBlanks);
  return parse_decimal(message.substr(0, message.find_first_not_of(kDigits)), kCodeMax);
}

}  // namespace tsp::wire
