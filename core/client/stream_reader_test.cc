// SPDX-License-Identifier: Apache-2.0
#include "core/client/stream_reader.h"

#include <gtest/gtest.h>

namespace tsp::client {
namespace stream_reader_test {

using namespace std::string_literals;

constexpr std::string_view kRedirect =
    "1302 Unsupported client version\r\n<tunnel action=\"list\" type=\"broker\">\r\n"
    "  <broker>\r\n    <address type=\"ipv4\">192.0.2.33</address>\r\n  </broker>\r\n</tunnel>";

TEST(StreamReader, RepliesInOneSegmentAreTakenApart) {
  StreamReader reader;
  ASSERT_TRUE(reader.append(as_bytes("cnNwYXV0aA==\r\n200 Success\r\n")));
  EXPECT_EQ(reader.next(ReplyForm::Line), "cnNwYXV0aA==\r\n");
  EXPECT_EQ(reader.next(ReplyForm::Line), "200 Success\r\n");
  EXPECT_FALSE(reader.next(ReplyForm::Line));
}

TEST(StreamReader, ReplyInSingleBytesIsPutTogether) {
  StreamReader reader;
  const std::string frame = "Content-length: 13\r\n200 Success\r\n";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    EXPECT_FALSE(reader.next(ReplyForm::Framed)) << i;
    ASSERT_TRUE(reader.append(as_bytes(std::string_view(frame).substr(i, 1))));
  }
  EXPECT_EQ(reader.next(ReplyForm::Framed), frame);
}

TEST(StreamReader, HeaderNameMayHaveAnyCase) {
  StreamReader reader;
  ASSERT_TRUE(reader.append(as_bytes("content-LENGTH:4\n200\nrest")));
  EXPECT_EQ(reader.next(ReplyForm::Framed), "content-LENGTH:4\n200\n");
}

TEST(StreamReader, UnframedErrorIsAMessageWhereAFrameWasExpected) {
  StreamReader reader;
  ASSERT_TRUE(reader.append(as_bytes("303 Unsupported tunnel type\r\n")));
  EXPECT_EQ(reader.next(ReplyForm::Framed), "303 Unsupported tunnel type\r\n");
}

TEST(StreamReader, RedirectReachesToTheEndOfItsXmlAndLeavesNothingBehind) {
  StreamReader reader;
  ASSERT_TRUE(reader.append(as_bytes(kRedirect.substr(0, 60))));
  EXPECT_FALSE(reader.next(ReplyForm::Line));
  ASSERT_TRUE(reader.append(as_bytes(std::string(kRedirect.substr(60)) + "\r\n\0"s)));
  EXPECT_EQ(reader.next(ReplyForm::Line), kRedirect);
  EXPECT_FALSE(reader.next(ReplyForm::Line));
}

TEST(StreamReader, WhatIsLeftAtTheEndOfTheStreamIsAMessage) {
  StreamReader reader;
  ASSERT_TRUE(reader.append(as_bytes("302 Unsupported")));
  EXPECT_FALSE(reader.next(ReplyForm::Line));
  reader.end();
  EXPECT_EQ(reader.next(ReplyForm::Line), "302 Unsupported");
  EXPECT_FALSE(reader.next(ReplyForm::Line));
}

TEST(StreamReader, NonsenseLengthIsHandedOnInsteadOfWaitedFor) {
  StreamReader reader;
  ASSERT_TRUE(reader.append(as_bytes("Content-length: 99999999999999999999999\r\nx")));
  EXPECT_EQ(reader.next(ReplyForm::Framed), "Content-length: 99999999999999999999999\r\n");
}

TEST(StreamReader, MoreThanAReplyCanHaveIsRefused) {
  StreamReader reader;
  EXPECT_TRUE(reader.append(Bytes(StreamReader::kSizeMax, 'a')));
  EXPECT_FALSE(reader.append(Bytes(1, 'a')));
}

}  // namespace stream_reader_test
}  // namespace tsp::client
