// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/quoting.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace tsp::linux_ {
namespace quoting_test {

// What a shell makes of a word.
std::string expanded_by_shell(const std::string& word) {
  FILE* pipe = popen(("printf %s " + word).c_str(), "r");
  std::array<char, 256> buffer{};
  const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe);
  EXPECT_EQ(pclose(pipe), 0) << word;
  return {buffer.data(), size};
}

TEST(Quoting, ShellReadsBackWhatWasQuoted) {
  for (const std::string text : {"alice", "o'neil", "''", "a b", "$HOME `id` $(id)", R"(back\slash\)", "-x", "*?[a]~",
                                 "a\"b;c&d|e>f#g!h", "жанна"}) {
    EXPECT_EQ(expanded_by_shell(quote_shell(text)), text);
  }
}

TEST(Quoting, ShellWordOfPlainTextIsInSingleQuotes) {
  EXPECT_EQ(quote_shell("alice"), "'alice'");
  EXPECT_EQ(quote_shell("o'neil"), R"('o'\''neil')");
}

TEST(Quoting, RouterOsStringHasEverythingUnusualInHexadecimal) {
  EXPECT_EQ(quote_routeros("Alice Smith_7@example.net"), R"("Alice Smith_7@example.net")");
  EXPECT_EQ(quote_routeros(R"(a"b\c$d?e)"), R"("a\22b\5Cc\24d\3Fe")");
  EXPECT_EQ(quote_routeros("[;{\xC3\xBC"), R"("\5B\3B\7B\C3\BC")");
}

TEST(Quoting, CommentsShowWhatTurnsTheReadingDirection) {
  EXPECT_EQ(quote_comment("alice"), R"("alice")");
  EXPECT_EQ(quote_comment("a\xE2\x80\xAE\"b"), R"("a\u{202e}\"b")");
}

}  // namespace quoting_test
}  // namespace tsp::linux_
