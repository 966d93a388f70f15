// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_request.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace http_request_test {

const IPv6Address kPeer = map_ipv4({{198, 51, 100, 7}});
const IPv6Address kClient = map_ipv4({{203, 0, 113, 2}});

HttpRequest forwarded_for(const std::string& list) {
  HttpRequest request;
  request.head.forwarded_for = list;
  request.peer.path.remote.address = kPeer;
  return request;
}

TEST(ForwardedAddress, OfWhatProxiesSawTheLastCounts) {
  EXPECT_EQ(forwarded_address(forwarded_for("203.0.113.1, 203.0.113.2").head), kClient);
  EXPECT_EQ(forwarded_address(forwarded_for("203.0.113.1, 2001:db8::5").head), parse_ipv6("2001:db8::5"));
  EXPECT_EQ(forwarded_address(forwarded_for("203.0.113.1, evil").head), std::nullopt);
  EXPECT_EQ(forwarded_address(forwarded_for("").head), std::nullopt);
}

TEST(ClientAddress, IsWhatATrustedProxyTells) {
  EXPECT_EQ(client_address(forwarded_for("203.0.113.2"), {kPeer}), kClient);
  EXPECT_EQ(client_address(forwarded_for("203.0.113.2"), {}), kPeer);
  EXPECT_EQ(client_address(forwarded_for("evil"), {kPeer}), kPeer);
}

}  // namespace http_request_test
}  // namespace tsp::linux_
