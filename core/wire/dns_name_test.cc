// SPDX-License-Identifier: Apache-2.0
#include "core/wire/dns_name.h"

#include <gtest/gtest.h>

#include <string>

namespace tsp::wire {
namespace dns_name_test {

TEST(DnsName, LabelsOfLettersDigitsAndHyphensAreValid) {
  for (const std::string_view name :
       {"ns1.example.org", "NS1.Example.ORG.", "a", "a-b.c--d", "1.2.3.4", "xn--bcher-kva.example"}) {
    EXPECT_TRUE(valid_dns_name(name)) << name;
  }
}

TEST(DnsName, EverythingElseIsNot) {
  for (const std::string_view name : {"", ".", "..", "a..b", ".a", "a..", "-a", "a-", "a.-b", "a_b", "a b", "a%sb",
                                      "a<b", "a&b", "a\"b", "a;b", "a$b",
                                      "b\xC3\xBC"
                                      "cher",
                                      "2001:db8::1"}) {
    EXPECT_FALSE(valid_dns_name(name)) << name;
  }
}

TEST(DnsName, LengthsAreBounded) {
  const std::string label(63, 'a');
  EXPECT_TRUE(valid_dns_name(label));
  EXPECT_FALSE(valid_dns_name(label + 'a'));
  const std::string longest = label + '.' + label + '.' + label + '.' + label.substr(0, 61);
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_TRUE(valid_dns_name(longest));
  EXPECT_TRUE(valid_dns_name(longest + '.'));
  EXPECT_FALSE(valid_dns_name(longest + 'a'));
}

TEST(DnsName, TheCanonicalFormHasSmallLettersAndNoDotAtTheEnd) {
  EXPECT_EQ(canonical_name("NS1.Example.ORG."), "ns1.example.org");
  EXPECT_EQ(canonical_name("a-b.c"), "a-b.c");
}

TEST(DnsName, AZoneHoldsItselfAndWhatEndsInItsLabels) {
  EXPECT_TRUE(lies_in("example.org", "example.org"));
  EXPECT_TRUE(lies_in("ns1.example.org", "example.org"));
  EXPECT_FALSE(lies_in("ns1example.org", "example.org"));
  EXPECT_FALSE(lies_in("org", "example.org"));
}

TEST(DnsName, AReverseNameHasTheLastNibbleFirst) {
  const IPv6Address address = *parse_ipv6("2001:db8:4321::1");
  EXPECT_EQ(reverse_name(address, 0), "ip6.arpa");
  EXPECT_EQ(reverse_name(address, 9), "4.8.b.d.0.1.0.0.2.ip6.arpa");
  EXPECT_EQ(reverse_name(address, 32), "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.2.3.4.8.b.d.0.1.0.0.2.ip6.arpa");
}

}  // namespace dns_name_test
}  // namespace tsp::wire
