// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/wire/examples.h"
#include "core/wire/framing.h"
#include "core/wire/message.h"

namespace tsp::wire {
namespace request_text_test {

CreateRequest host(RequestedType type, std::string_view ipv4) {
  CreateRequest request;
  request.type = type;
  request.client_ipv4 = parse_ipv4(ipv4);
  request.keepalive_seconds = 30;
  return request;
}

CreateRequest router() {
  CreateRequest request = host(RequestedType::V6V4, "198.51.100.7");
  request.router = {.prefix_length = 56, .dns_servers = {"ns1.example.org", "ns2.example.org"}};
  return request;
}

CreateRequest over_ipv6() {
  CreateRequest request;
  request.type = RequestedType::V4V6;
  request.client_ipv6 = parse_ipv6("2001:db8:c::7");
  request.keepalive_seconds = 30;
  return request;
}

TEST(RequestText, CreateHasTheBytesOfTheOldClient) {
  using enum RequestedType;
  EXPECT_EQ(framed_request(create_text(host(V6V4, "198.51.100.7"))), examples::kCreateV6V4);
  EXPECT_EQ(framed_request(create_text(host(V6UdpV4, "10.1.1.5"))), examples::kCreateV6UdpV4);
  EXPECT_EQ(framed_request(create_text(host(V6AnyV4, "198.51.100.7"))), examples::kCreateV6AnyV4);
  EXPECT_EQ(framed_request(create_text(host(V6AnyV4, "10.1.1.5"))), examples::kCreateV6AnyV4BehindNat);
  EXPECT_EQ(framed_request(create_text(router())), examples::kCreateRouter);
  EXPECT_EQ(framed_request(create_text(over_ipv6())), examples::kCreateV4V6);
}

TEST(RequestText, TheOtherActionsHaveTheBytesOfTheOldClient) {
  EXPECT_EQ(framed_request(action_text("accept")), examples::kAccept);
  EXPECT_EQ(framed_request(action_text("reject")), examples::kReject);
  EXPECT_EQ(framed_request(action_text("delete")), examples::kDelete);
}

TEST(RequestText, EveryRequestIsReadBack) {
  CreateRequest bare = host(RequestedType::V6UdpV4, "10.1.1.5");
  bare.keepalive_seconds.reset();
  CreateRequest proxied = bare;
  proxied.proxy = true;
  CreateRequest without_length = bare;
  without_length.router = {.prefix_length = std::nullopt, .dns_servers = {"192.0.2.53", "2001:db8::53", "ns.example"}};
  CreateRequest shortest = bare;
  shortest.router = {.prefix_length = 0, .dns_servers = {}};
  for (const CreateRequest& request : {bare, proxied, without_length, shortest, router(), over_ipv6()}) {
    const std::string message = framed_request(create_text(request));
    EXPECT_EQ(parse_request(unframe_datagram(message).value()), Request(request)) << message;
  }
}

}  // namespace request_text_test
}  // namespace tsp::wire
