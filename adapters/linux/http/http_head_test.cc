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
        "GET / HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length : 1\r\n\r\n", "GET / HTTP/1.1\r\nX: a\r\n b: c\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\nContent-Length: 1\r\n\r\n", "GET / HTTP/1.1\r\nX: a\rY: b\r\n\r\n",
        "VERSION=2.0.2\r\n\r\n"}) {
    EXPECT_FALSE(parse_http_head(text)) << text;
  }
}

TEST(HttpHead, FieldsThatMatterAreKept) {
  const auto head = parse_http_head(
      "POST /x HTTP/1.1\r\nCookie: a=1; b=2\r\nX-CSRF-Token: c\r\nContent-Type: application/json\r\n"
      "Idempotency-Key: \r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->cookie, "a=1; b=2");
  EXPECT_EQ(head->csrf_token, "c");
  EXPECT_EQ(head->content_type, "application/json");
  EXPECT_EQ(head->idempotency_key, "") << "it is there, and empty";
  EXPECT_EQ(head->forwarded_for, "192.0.2.2");
}

TEST(HttpHead, WhetherMoreMayFollowIsUpToVersionAndClient) {
  const auto keeps = [](const std::string& text) {
    return parse_http_head("GET / HTTP/" + text + "\r\n")->keeps_connection;
  };
  EXPECT_TRUE(keeps("1.1\r\n"));
  EXPECT_TRUE(keeps("1.1\r\nConnection: keep-alive, closed\r\n"));
  EXPECT_FALSE(keeps("1.0\r\n"));
  EXPECT_FALSE(keeps("1.0\r\nConnection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("1.1\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.1\r\nconnection: TE ,\tClose\r\n"));
  EXPECT_FALSE(keeps("1.1\r\nConnection: close\r\nConnection: keep-alive\r\n"));
}

TEST(HttpHead, BodiesHaveALengthAndABound) {
  const auto length = [](const std::string& fields) {
    return body_length(parse_http_head("POST /x HTTP/1.1\r\n" + fields + "\r\n").value(), 100);
  };
  EXPECT_EQ(length(""), 0U);
  EXPECT_EQ(length("Content-Length: 100\r\n"), 100U);
  EXPECT_EQ(length("Content-Length: 101\r\n").error(), 413);
  EXPECT_EQ(length("Content-Length: 99999999999999999999999\r\n").error(), 413);
  for (const char* text : {"-1", "+1", "1,1", "0x1", "1 1", "one"}) {
    EXPECT_EQ(length("Content-Length: " + std::string(text) + "\r\n").error(), 400) << text;
  }
  EXPECT_EQ(length("Transfer-Encoding: chunked\r\n").error(), 411);
  EXPECT_EQ(length("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n").error(), 411);
}

}  // namespace http_head_test
}  // namespace tsp::linux_
