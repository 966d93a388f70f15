// SPDX-License-Identifier: Apache-2.0
//
// The behaviour of every datapath, rule by rule of core/include/tsp/datapath.h and adapters/port/datapath.h. A test
// program links them, and instantiates them for each of its implementations:
//
//   INSTANTIATE_TEST_SUITE_P(Tun, DatapathContract, testing::Values(&make_tun_harness));
//   INSTANTIATE_TEST_SUITE_P(TunIPv4, IPv4DatapathContract, testing::Values(&make_ipv4_tun_harness));
#pragma once

#include "adapters/port/datapath_harness.h"

namespace tsp::port {

class IPv4DatapathContract : public DatapathContract {
 protected:
  // UDP with `size` bytes in all, which may be fragmented.
  static Bytes fragmentable(const IPv6Address& source, const IPv6Address& destination, std::size_t size) {
    return dataplane::test::with_ipv4_fields(packet_of_size(source, destination, size), 0x1234, 0);
  }
  static unsigned fragment_field(ByteView packet) { return dataplane::get16(packet, dataplane::kFragmentAt); }
  // The payloads of `fragments`, which must follow each other and have the identification 0x1234.
  static Bytes reassembled(const std::vector<OuterDatagram>& fragments) {
    Bytes payload;
    for (const OuterDatagram& fragment : fragments) {
      const ByteView bytes = fragment.payload;
      EXPECT_TRUE(dataplane::has_ip_header(bytes) && dataplane::header_checksum_right(bytes));
      EXPECT_EQ(dataplane::get16(bytes, dataplane::kIdentificationAt), 0x1234);
      EXPECT_EQ((fragment_field(bytes) & dataplane::kFragmentOffset) * 8, payload.size());
      const bool last = &fragment == &fragments.back();
      EXPECT_EQ((fragment_field(bytes) & dataplane::kMoreFragments) == 0, last);
      const ByteView part = bytes.subspan(dataplane::ip_header_size(bytes));
      payload.insert(payload.end(), part.begin(), part.end());
    }
    return payload;
  }
};

}  // namespace tsp::port
