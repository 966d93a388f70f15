// SPDX-License-Identifier: Apache-2.0
#include "core/wire/status.h"

#include <gtest/gtest.h>

#include "core/wire/message.h"

namespace tsp::wire {
namespace status_test {

struct StatusText {
  Status status;
  std::string_view line;
  std::string_view header;
};

constexpr StatusText kTexts[] = {
    {Status::Success, "200 Success\r\n", "Content-length: 13\r\n"},
    {Status::AuthenticationFailed, "300 Authentication failed\r\n", "Content-length: 27\r\n"},
    {Status::NoMoreTunnels, "301 No more tunnels available\r\n", "Content-length: 31\r\n"},
    {Status::UnsupportedVersion, "302 Unsupported client version\r\n", "Content-length: 32\r\n"},
    {Status::UnsupportedTunnelType, "303 Unsupported tunnel type\r\n", "Content-length: 29\r\n"},
    {Status::ServerError, "310 Server side error\r\n", "Content-length: 23\r\n"},
    {Status::InvalidRequest, "500 Invalid request format or specified length\r\n", "Content-length: 48\r\n"},
    {Status::InvalidIPv4Address, "501 Invalid IPv4 address\r\n", "Content-length: 26\r\n"},
    {Status::InvalidIPv6Address, "502 Invalid IPv6 address\r\n", "Content-length: 26\r\n"},
    {Status::IPv4AddressInUse, "506 IPv4 address already used for existing tunnel\r\n", "Content-length: 51\r\n"},
    {Status::PrefixNotAvailable, "507 Requested prefix length cannot be assigned\r\n", "Content-length: 48\r\n"},
    {Status::DnsDelegationError, "509 DNS delegation error\r\n", "Content-length: 26\r\n"},
    {Status::UnsupportedPrefixLength, "518 Unsupported prefix length\r\n", "Content-length: 31\r\n"},
    {Status::MissingPrefixLength, "520 Missing prefix length\r\n", "Content-length: 27\r\n"},
    {Status::RequestInProgress, "521 Request already in progress\r\n", "Content-length: 33\r\n"},
    {Status::PrefixForAnonymous, "522 Prefix requested for anonymous\r\n", "Content-length: 36\r\n"},
    {Status::ServerBusy, "530 Server too busy\r\n", "Content-length: 21\r\n"},
};

TEST(Status, EachIsInTheListOnce) {
  ASSERT_EQ(kStatuses.size(), std::size(kTexts));
  for (std::size_t i = 0; i < kStatuses.size(); ++i) EXPECT_EQ(kStatuses[i], kTexts[i].status);
}

TEST(Status, EveryLineHasItsExactBytes) {
  for (const auto& [status, line, header] : kTexts) EXPECT_EQ(status_line(status), line);
}

TEST(Status, EveryFrameHasItsExactBytes) {
  for (const auto& [status, line, header] : kTexts) {
    EXPECT_EQ(framed(status), std::string(header) + std::string(line));
  }
}

TEST(Status, EveryLineIsReadBack) {
  for (const auto& [status, line, header] : kTexts) {
    EXPECT_EQ(parse_status_code(line), static_cast<unsigned>(status));
  }
}

TEST(Status, OnlyTheNumberCounts) {
  EXPECT_EQ(parse_status_code("200 OK"), 200U);
  EXPECT_EQ(parse_status_code("  200"), 200U);
  EXPECT_EQ(parse_status_code("200\n"), 200U);
  EXPECT_EQ(parse_status_code("1302 Unsupported client version\r\n<tunnel"), 1302U);
}

TEST(Status, TextWithoutAReasonableNumberIsNone) {
  for (const std::string_view text : {"", " ", "OK 200", "-200", "+200", "cmVhbG09", "20000", "99999999999999999999"}) {
    EXPECT_FALSE(parse_status_code(text).has_value()) << text;
  }
}

}  // namespace status_test
}  // namespace tsp::wire
