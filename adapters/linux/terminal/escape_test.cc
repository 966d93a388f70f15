// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/terminal/escape.h"

#include <gtest/gtest.h>

#include <string>

namespace tsp::linux_ {
namespace escape_test {

TEST(EscapeText, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(escape_text("alice@example.org"), "alice@example.org");
  EXPECT_EQ(escape_text("J\xC3\xBCrgen \xE6\x97\xA5 \xF0\x9F\x90\xA2"), "J\xC3\xBCrgen \xE6\x97\xA5 \xF0\x9F\x90\xA2");
  EXPECT_EQ(escape_text(""), "");
}

TEST(EscapeText, NothingEndsTheLineOrTheQuotation) {
  EXPECT_EQ(escape_text("a\"b\\c\nd\re\tf"), R"(a\"b\\c\nd\re\tf)");
}

TEST(EscapeText, ControlCharactersAreNumbers) {
  EXPECT_EQ(escape_text(std::string("\0\x1b[31m\x7f", 7)), R"(\u{0}\u{1b}[31m\u{7f})");
  EXPECT_EQ(escape_text("\xC2\x9B"), R"(\u{9b})") << "C1: begins a terminal sequence";
}

TEST(EscapeText, CharactersThatTurnTheReadingDirectionAreNumbers) {
  EXPECT_EQ(escape_text("\xE2\x80\xAE"
                        "evil"),
            R"(\u{202e}evil)");
  EXPECT_EQ(escape_text("\xEF\xBB\xBF"), R"(\u{feff})");
}

TEST(EscapeText, BytesThatAreNoUtf8AreNumbers) {
  EXPECT_EQ(escape_text("a\xFFz"), R"(a\xffz)");
  EXPECT_EQ(escape_text("\xC3"), R"(\xc3)") << "cut short";
  EXPECT_EQ(escape_text("\xC0\x80"), R"(\xc0\x80)") << "overlong";
  EXPECT_EQ(escape_text("\xE0\x80\x80"), R"(\xe0\x80\x80)") << "overlong";
  EXPECT_EQ(escape_text("\xED\xA0\x80"), R"(\xed\xa0\x80)") << "surrogate";
  EXPECT_EQ(escape_text("\xF4\x90\x80\x80"), R"(\xf4\x90\x80\x80)") << "beyond Unicode";
  EXPECT_EQ(escape_text("\x80"), R"(\x80)") << "continuation without a beginning";
}

TEST(EscapeText, LongTextIsCut) {
  EXPECT_EQ(escape_text(std::string(kShownBytesMax, 'x')), std::string(kShownBytesMax, 'x'));
  EXPECT_EQ(escape_text(std::string(kShownBytesMax + 1, 'x')), std::string(kShownBytesMax, 'x') + "\xE2\x80\xA6");
}

TEST(EscapeJson, EscapesAreThoseOfJson) {
  EXPECT_EQ(escape_json("a\"b\\c\nd"), R"(a\"b\\c\nd)");
  EXPECT_EQ(escape_json("\x1b"), R"(\u001b)");
  EXPECT_EQ(escape_json("\xF3\xA0\x80\x81"), R"(\udb40\udc01)") << "beyond the basic plane";
  EXPECT_EQ(escape_json("\xFF"), "\xEF\xBF\xBD");
}

}  // namespace escape_test
}  // namespace tsp::linux_
