// SPDX-License-Identifier: Apache-2.0
//
// TSP status codes: RFC 5572 appendix B, and those that only clients in the field know.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tsp::wire {

enum class Status : std::uint16_t {
  Success = 200,
  AuthenticationFailed = 300,
  NoMoreTunnels = 301,
  UnsupportedVersion = 302,
  UnsupportedTunnelType = 303,
  ServerError = 310,
  InvalidRequest = 500,
  InvalidIPv4Address = 501,
  InvalidIPv6Address = 502,
  IPv4AddressInUse = 506,
  PrefixNotAvailable = 507,
  DnsDelegationError = 509,
  UnsupportedPrefixLength = 518,
  MissingPrefixLength = 520,
  RequestInProgress = 521,
  PrefixForAnonymous = 522,
  ServerBusy = 530,
};

inline constexpr auto kStatuses = std::to_array<Status>({
    Status::Success,
    Status::AuthenticationFailed,
    Status::NoMoreTunnels,
    Status::UnsupportedVersion,
    Status::UnsupportedTunnelType,
    Status::ServerError,
    Status::InvalidRequest,
    Status::InvalidIPv4Address,
    Status::InvalidIPv6Address,
    Status::IPv4AddressInUse,
    Status::PrefixNotAvailable,
    Status::DnsDelegationError,
    Status::UnsupportedPrefixLength,
    Status::MissingPrefixLength,
    Status::RequestInProgress,
    Status::PrefixForAnonymous,
    Status::ServerBusy,
});

// Added to a status that comes with a list of other brokers.
inline constexpr unsigned kRedirectBase = 1000;

// "Success", "Authentication failed" …: the text after the number.
[[nodiscard]] std::string_view title(Status status);
// "200 Success\r\n": the unframed form, as it is sent before the command phase.
[[nodiscard]] std::string status_line(Status status);
// The number at the start of a server's message (leading blanks allowed); none if there is no number.
[[nodiscard]] std::optional<unsigned> parse_status_code(std::string_view message);

}  // namespace tsp::wire
