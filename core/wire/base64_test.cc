// SPDX-License-Identifier: Apache-2.0
#include "core/wire/base64.h"

#include <gtest/gtest.h>

#include "core/wire/examples.h"

namespace tsp::wire {
namespace base64_test {

using namespace std::string_view_literals;

TEST(Base64, TheVectorsOfRfc4648AreEncodedAndDecoded) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xFF\xFE\xFB", "//77"},
                                                                   {"\0\0"sv, "AAA="}};
  for (const auto& [data, text] : vectors) {
    EXPECT_EQ(base64_encode(data), text);
    EXPECT_EQ(base64_decode(text), data);
  }
}

TEST(Base64, TokensOfRealSessionsAreRead) {
  EXPECT_EQ(base64_decode(examples::kDigestChallenge),
            R"(realm="tb.example.net",nonce="5f1d7c0a9be24386a1c4d2f09e8b7361",qop="auth",algorithm=md5-sess,)"
            "charset=utf-8");
  EXPECT_EQ(base64_decode(examples::kDigestProof), "rspauth=17a60e32937b1b61449ae9ef3559e18a");
}

TEST(Base64, ALongTokenStaysOnOneLine) {
  const std::string data(1000, 'x');
  const std::string text = base64_encode(data);
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(base64_decode(text), data);
}

TEST(Base64, WhatEndsAMessageIsIgnored) {
  EXPECT_EQ(base64_decode("Zg==\r\n"), "f");
  EXPECT_EQ(base64_decode("Zg==\r\n\0"sv), "f");
  EXPECT_EQ(base64_decode("Zg== \t\n"), "f");
}

TEST(Base64, AnythingElseIsRefused) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "=", "====", "Zg==Zg==", " Zg==", "Zm 9v",
                                      "Zm\n9v", "Zm9v\vZm9v", "Zm9_", "Zm9-", "Zh==", "Zm9=", "Zm9v=", "Zm9\xC3"}) {
    EXPECT_FALSE(base64_decode(text).has_value()) << text;
  }
  EXPECT_FALSE(base64_decode("Zm\0v"sv).has_value());
}

}  // namespace base64_test
}  // namespace tsp::wire
