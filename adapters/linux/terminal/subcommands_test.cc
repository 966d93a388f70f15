// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/terminal/subcommands.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tsp::linux_ {
namespace subcommands_test {

// What is wrong with the command line of a program with `account add|show` and `status`; empty: nothing.
std::string fault_of(std::vector<std::string> words) {
  CLI::App app("", "program");
  CLI::App* account = app.add_subcommand("account")->fallthrough();
  account->add_subcommand("add")->fallthrough();
  std::string login;
  account->add_subcommand("show")->fallthrough()->add_option("LOGIN", login);
  app.add_subcommand("status")->fallthrough();
  words.insert(words.begin(), "program");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  try {
    parse_subcommands(app, static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return {};
}

TEST(ParseSubcommands, KnownOnesAreTaken) {
  EXPECT_EQ(fault_of({"status"}), "");
  EXPECT_EQ(fault_of({"account", "add"}), "");
}

TEST(ParseSubcommands, UnknownWordIsNamedWithThoseThereAre) {
  EXPECT_EQ(fault_of({"acount"}), "program: 'acount' is no subcommand; expected one of account, status");
  EXPECT_EQ(fault_of({"account", "shwo", "x"}), "program account: 'shwo' is no subcommand; expected one of add, show");
}

TEST(ParseSubcommands, MissingOneIsAskedFor) {
  EXPECT_EQ(fault_of({}), "program: expected one of account, status");
  EXPECT_EQ(fault_of({"account"}), "program account: expected one of add, show");
}

TEST(ParseSubcommands, WordBehindTheEndOfOptionsMayBeginWithADash) {
  EXPECT_EQ(fault_of({"account", "show", "--", "-x"}), "");
  EXPECT_NE(fault_of({"account", "show", "-x"}), "");
  EXPECT_NE(fault_of({"account", "show", "--", "-x", "-y"}), "");
}

TEST(ParseSubcommands, OtherExtraWordsAreTheLibrarysBusiness) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"status", "x"}, {"--nonsense"}}) {
    EXPECT_NE(fault_of(words).find(words.back()), std::string::npos);
    EXPECT_EQ(fault_of(words).find("subcommand"), std::string::npos);
  }
}

}  // namespace subcommands_test
}  // namespace tsp::linux_
