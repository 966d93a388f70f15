// SPDX-License-Identifier: Apache-2.0
#include "core/wire/framing.h"

#include <gmock/gmock.h>

#include "core/wire/content_length.h"
#include "core/wire/examples.h"

namespace tsp::wire {
namespace framing_test {

using namespace std::string_view_literals;

constexpr std::string_view kAcceptXml = "<tunnel action=\"accept\"></tunnel>\r\n";

using Next = std::expected<std::optional<std::string>, FramingError>;

const Next kIncomplete = std::nullopt;

struct Step {
  StreamMode mode;
  std::string_view message;
};

// Feeds `stream` in pieces of `size` and takes each expected message as soon as it is there.
void expect_messages(std::string_view stream, std::size_t size, std::initializer_list<Step> steps) {
  StreamFramer framer;
  const Step* step = steps.begin();
  for (; !stream.empty(); stream.remove_prefix(std::min(size, stream.size()))) {
    ASSERT_TRUE(framer.append(as_bytes(stream.substr(0, size))));
    while (step != steps.end()) {
      const auto message = framer.next(step->mode);
      ASSERT_TRUE(message.has_value());
      if (!*message) break;
      EXPECT_EQ(**message, step->message);
      ++step;
    }
  }
  EXPECT_EQ(step, steps.end());
}

TEST(DatagramFraming, TheXmlIsCutOut) {
  EXPECT_EQ(unframe_datagram(examples::kAccept), kAcceptXml);
  EXPECT_EQ(unframe_datagram(examples::kInfoWithLineFeeds), "<tunnel action=\"info\" type=\"v6anyv4\">\n</tunnel>");
}

TEST(DatagramFraming, TheHeaderMayBeWrittenFreely) {
  for (const std::string_view message :
       {"Content-Length: 3\r\nabc"sv, "CONTENT-LENGTH:3\nabc"sv, "content-LENGTH :3\r\nabc"sv,
        "Content-length:   3  \r\nabc"sv, "Content-length:\t003\r\nabc"sv, "\0\r\n Content-length: 3\r\nabc"sv}) {
    EXPECT_EQ(unframe_datagram(message), "abc") << message;
  }
}

TEST(DatagramFraming, FillerBehindTheXmlIsAllowed) {
  EXPECT_EQ(unframe_datagram("Content-length: 3\r\nabc\r\n \t\0"sv), "abc");
}

TEST(DatagramFraming, MoreOrLessThanPromisedIsAMismatch) {
  for (const std::string_view message :
       {"Content-length: 4\r\nabc", "Content-length: 2\r\nabc", "Content-length: 4096\r\n"}) {
    EXPECT_EQ(unframe_datagram(message), std::unexpected(FramingError::LengthMismatch)) << message;
  }
}

TEST(DatagramFraming, BadHeadersAreRefused) {
  for (const std::string_view message :
       {"", "\r\n", "abc", "Content-length: 3", "Content-length\r\nabc", "Content-length 3\r\nabc",
        "Content-length:\r\nabc", "Content-length: -3\r\nabc", "Content-length: +3\r\nabc", "Content-length: 3x\r\nabc",
        "Content-length: 0x3\r\nabc", "Content-length: 0\r\n", "Content-length: 4097\r\nabc",
        "Content-length: 18446744073709551619\r\nabc", "Content-length: 3 3\r\nabc", "X-Content-length: 3\r\nabc",
        "<tunnel action=\"accept\"></tunnel>\r\n"}) {
    EXPECT_EQ(unframe_datagram(message), std::unexpected(FramingError::BadContentLength)) << message;
  }
}

TEST(DatagramFraming, TheGreatestFrameIsAccepted) {
  const std::string body(kMessageSizeMax, 'x');
  EXPECT_EQ(unframe_datagram("Content-length: 4096\r\n" + body), body);
}

TEST(StreamFraming, AnAnonymousSessionIsCutUpHoweverItArrives) {
  std::string stream;
  stream.append(examples::kVersion).append(examples::kAuthenticateAnonymous);
  stream.append(examples::kCreateMinimal).append(examples::kAccept);
  const std::string_view create = unframe_datagram(examples::kCreateMinimal).value();
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, stream.size()}) {
    expect_messages(stream, size,
                    {{StreamMode::Line, "VERSION=2.0.2"},
                     {StreamMode::Line, "AUTHENTICATE ANONYMOUS"},
                     {StreamMode::Framed, create},
                     {StreamMode::Framed, kAcceptXml}});
  }
}

TEST(StreamFraming, NulsInFrontOfPlainCredentialsAreKept) {
  std::string stream(examples::kAuthenticatePlain);
  stream.append(examples::kPlainCredentials).append(examples::kAccept);
  for (const std::size_t size : {std::size_t{1}, stream.size()}) {
    expect_messages(stream, size,
                    {{StreamMode::Line, "AUTHENTICATE PLAIN"},
                     {StreamMode::Credentials, "\0\0alice\0secret"sv},
                     {StreamMode::Framed, kAcceptXml}});
  }
}

TEST(StreamFraming, FillerBetweenMessagesIsSkipped) {
  expect_messages(
      "\0\r\n \0VERSION=2.0.2\n\r\n\0 AUTHENTICATE PLAIN\r\n\0\0\r\nContent-length: 1\r\nx"sv, 1,
      {{StreamMode::Line, "VERSION=2.0.2"}, {StreamMode::Line, "AUTHENTICATE PLAIN"}, {StreamMode::Framed, "x"}});
}

TEST(StreamFraming, FillerAloneTakesNoRoom) {
  StreamFramer framer;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(framer.append(Bytes(4000, 0)));
    EXPECT_EQ(framer.next(StreamMode::Line), kIncomplete);
    EXPECT_EQ(framer.buffered(), 0U);
  }
}

TEST(StreamFraming, AFrameMayHoldAnything) {
  expect_messages("Content-length: 6\r\n\0\r\n\nx\0VERSION=2\n"sv, 1,
                  {{StreamMode::Framed, "\0\r\n\nx\0"sv}, {StreamMode::Line, "VERSION=2"}});
}

TEST(StreamFraming, ALineMayBeAsLongAsAMessage) {
  StreamFramer framer;
  const std::string line(kMessageSizeMax - 1, 'x');
  ASSERT_TRUE(framer.append(as_bytes(line + "\r\n")));
  EXPECT_EQ(framer.next(StreamMode::Line), Next(line));
}

TEST(StreamFraming, ALongerLineIsAnError) {
  StreamFramer framer;
  ASSERT_TRUE(framer.append(as_bytes(std::string(kMessageSizeMax, 'x'))));
  EXPECT_EQ(framer.next(StreamMode::Line), kIncomplete);
  ASSERT_TRUE(framer.append(as_bytes("x")));
  EXPECT_EQ(framer.next(StreamMode::Line), Next(std::unexpected(FramingError::LineTooLong)));
  ASSERT_TRUE(framer.append(as_bytes("\n")));
  EXPECT_EQ(framer.next(StreamMode::Credentials), Next(std::unexpected(FramingError::LineTooLong)));
}

TEST(StreamFraming, WhatCannotBeHeldIsRefused) {
  StreamFramer framer;
  ASSERT_TRUE(framer.append(Bytes(kMessageSizeMax + kHeaderLineSizeMax, 'x')));
  EXPECT_FALSE(framer.append(Bytes(1, 'x')));
  EXPECT_EQ(framer.buffered(), kMessageSizeMax + kHeaderLineSizeMax);
  EXPECT_FALSE(StreamFramer().append(Bytes(10'000, 'x')));
}

TEST(StreamFraming, TheGreatestFrameFits) {
  StreamFramer framer;
  const std::string body(kMessageSizeMax, 'x');
  ASSERT_TRUE(framer.append(as_bytes("Content-length: 4096\r\n" + body)));
  EXPECT_EQ(framer.next(StreamMode::Framed), Next(body));
}

TEST(StreamFraming, BadHeadersAreErrors) {
  for (const std::string_view stream :
       {"GET / HTTP/1.1\r\n", "Content-length: 0\r\n", "Content-length: 4097\r\n", "<tunnel action=\"accept\">\r\n"}) {
    StreamFramer framer;
    ASSERT_TRUE(framer.append(as_bytes(stream)));
    EXPECT_EQ(framer.next(StreamMode::Framed), Next(std::unexpected(FramingError::BadContentLength))) << stream;
  }
}

TEST(StreamFraming, AHeaderThatDoesNotEndIsAnError) {
  StreamFramer framer;
  ASSERT_TRUE(framer.append(as_bytes("Content-length:" + std::string(kHeaderLineSizeMax, ' '))));
  EXPECT_EQ(framer.next(StreamMode::Framed), Next(std::unexpected(FramingError::BadContentLength)));
}

}  // namespace framing_test
}  // namespace tsp::wire
