// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/address_scope.h"

#include <gtest/gtest.h>

#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane {
namespace address_scope_test {

using test::address;

const Endpoint kOwn = make_endpoint({{93, 184, 216, 34}}, 3653);

struct Case {
  const char* text;
  AddressScope scope;
};

class ScopeOf : public ::testing::TestWithParam<Case> {};

TEST_P(ScopeOf, IsAsExpected) {
  EXPECT_EQ(scope_of(address(GetParam().text), kOwn), GetParam().scope);
}

INSTANTIATE_TEST_SUITE_P(
    RoutableAddresses, ScopeOf,
    ::testing::Values(Case{"2001:db8::1", AddressScope::Routable}, Case{"fd00::1", AddressScope::Routable},
                      Case{"64:ff9b::808:808", AddressScope::Routable}, Case{"2002:808:808::1", AddressScope::Routable},
                      Case{"::fffe:192.0.2.1", AddressScope::Routable}, Case{"0:0:0:0:1::", AddressScope::Routable},
                      Case{"fe00::1", AddressScope::Routable}));

INSTANTIATE_TEST_SUITE_P(
    LocalAddresses, ScopeOf,
    ::testing::Values(Case{"::", AddressScope::Unspecified}, Case{"fe80::1", AddressScope::LinkLocal},
                      Case{"febf:ffff::1", AddressScope::LinkLocal}, Case{"ff01::1", AddressScope::LinkMulticast},
                      Case{"ff02::2", AddressScope::LinkMulticast}, Case{"ff12::1234", AddressScope::LinkMulticast},
                      Case{"ff05::2", AddressScope::Multicast}, Case{"ff3e::8000:1", AddressScope::Multicast}));

INSTANTIATE_TEST_SUITE_P(
    InvalidAddresses, ScopeOf,
    ::testing::Values(Case{"::1", AddressScope::Invalid}, Case{"::8.8.8.8", AddressScope::Invalid},
                      Case{"::ffff:8.8.8.8", AddressScope::Invalid}, Case{"fec0::1", AddressScope::Invalid},
                      Case{"feff::1", AddressScope::Invalid}, Case{"2002:a00:1::1", AddressScope::Invalid},
                      Case{"2002:7f00:1::", AddressScope::Invalid}, Case{"2002:c0a8:101::1", AddressScope::Invalid},
                      Case{"2002:ac1f:1::1", AddressScope::Invalid}, Case{"2002:e000:1::1", AddressScope::Invalid},
                      Case{"2002:ffff:ffff::1", AddressScope::Invalid},
                      Case{"2002:5db8:d822::1", AddressScope::Invalid}));

TEST(ScopeOf, SixToFourOfAnotherBrokersAddressIsRoutable) {
  EXPECT_EQ(scope_of(address("2002:5db8:d822::1"), Endpoint{address("2001:db8::1"), 3653}), AddressScope::Routable);
}

class ScopeOfIPv4 : public ::testing::TestWithParam<Case> {};

TEST_P(ScopeOfIPv4, IsAsExpected) {
  EXPECT_EQ(scope_of(unmap(test::ipv4(GetParam().text))), GetParam().scope);
}

INSTANTIATE_TEST_SUITE_P(
    RoutableAddresses, ScopeOfIPv4,
    ::testing::Values(Case{"1.0.0.0", AddressScope::Routable}, Case{"10.1.2.3", AddressScope::Routable},
                      Case{"100.64.0.1", AddressScope::Routable}, Case{"169.253.255.255", AddressScope::Routable},
                      Case{"169.255.0.0", AddressScope::Routable}, Case{"192.0.2.1", AddressScope::Routable},
                      Case{"223.255.255.255", AddressScope::Routable}));

INSTANTIATE_TEST_SUITE_P(LocalAddresses, ScopeOfIPv4,
                         ::testing::Values(Case{"0.0.0.0", AddressScope::Unspecified},
                                           Case{"169.254.0.1", AddressScope::LinkLocal},
                                           Case{"224.0.0.22", AddressScope::LinkMulticast},
                                           Case{"224.0.1.1", AddressScope::Multicast},
                                           Case{"239.255.255.250", AddressScope::Multicast},
                                           Case{"255.255.255.255", AddressScope::LinkMulticast}));

INSTANTIATE_TEST_SUITE_P(
    InvalidAddresses, ScopeOfIPv4,
    ::testing::Values(Case{"0.0.0.1", AddressScope::Invalid}, Case{"0.255.0.0", AddressScope::Invalid},
                      Case{"127.0.0.1", AddressScope::Invalid}, Case{"127.255.255.255", AddressScope::Invalid},
                      Case{"240.0.0.1", AddressScope::Invalid}, Case{"255.255.255.254", AddressScope::Invalid}));

TEST(IsGlobal, OnlyWhatTheInternetRoutes) {
  for (const char* text :
       {"0.1.2.3", "10.0.0.1", "100.127.255.255", "127.0.0.1", "169.254.1.1", "172.31.0.1", "192.0.2.33", "192.168.1.1",
        "198.19.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255"}) {
    EXPECT_FALSE(is_global(*parse_ipv4(text))) << text;
  }
  for (const char* text : {"1.1.1.1", "100.128.0.1", "172.32.0.1", "192.0.3.1", "198.20.0.1", "223.255.255.255"}) {
    EXPECT_TRUE(is_global(*parse_ipv4(text))) << text;
  }
}

TEST(IsGlobal, OfIPv6OnlyWhatTheInternetRoutes) {
  for (const char* text : {"::", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "100::1", "2001::1", "2001:1ff:ffff::1",
                           "2001:db8::1", "2002:a00:1::1", "3fff:fff::1", "fc00::1", "fe80::1", "ff02::1"}) {
    EXPECT_FALSE(is_global(*parse_ipv6(text))) << text;
  }
  for (const char* text :
       {"2001:200::1", "2001:db7::1", "2001:db9::1", "2606:4700::1", "3fff:1000::1", "::ffff:1.1.1.1"}) {
    EXPECT_TRUE(is_global(*parse_ipv6(text))) << text;
  }
}

}  // namespace address_scope_test
}  // namespace tsp::dataplane
