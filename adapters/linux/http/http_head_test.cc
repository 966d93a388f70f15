// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_head.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace http_head_test {

TEST(HttpHead, NamesOfFieldsHaveNoCaseAndValuesNoBlanks) {
  const auto head = parse_http_head("GET /x HTTP/1.1\r\naUTHORIZATION:\t Basic eA== \r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->authorization, "Basic eA==");
}

TEST(HttpHead, WhatIsNotHttpIsRefused) {
  for (const char* text :
       {"", "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET x HTTP/1.1\r\n\r\n",
        "GET / x HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", "VERSION=2.0.2\r\n\r\n"}) {
    EXPECT_FALSE(parse_http_head(text)) << text;
  }
}

}  // namespace http_head_test
}  // namespace tsp::linux_
