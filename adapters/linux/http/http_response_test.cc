// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace http_response_test {

TEST(HttpResponse, IsWholeAndEndsTheConnection) {
  EXPECT_EQ(
      http_response({401, "badauth", "text/plain", {{"WWW-Authenticate", "Basic realm=\"tspd\""}}}),
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"tspd\"\r\nContent-Type: text/plain\r\n"
      "Content-Length: 8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
      "badauth\n");
}

TEST(HttpResponse, MayLeaveTheConnectionOpen) {
  EXPECT_EQ(http_response({200, "x"}, Afterwards::Keep),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
            "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\nx\n");
}

TEST(HttpResponse, NamesTheTypeOfItsContent) {
  EXPECT_THAT(http_response({503, "x", "text/plain; version=0.0.4"}),
              testing::HasSubstr("HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; version=0.0.4\r\n"));
}

TEST(HttpResponse, MayTellTheSizeOnly) {
  HttpAnswer answer{.status = 304, .text = "x", .cache_control = "no-cache"};
  answer.without_body = true;
  EXPECT_EQ(http_response(answer),
            "HTTP/1.1 304 Not Modified\r\nContent-Type: text/plain\r\n"
            "X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n");
}

}  // namespace http_response_test
}  // namespace tsp::linux_
