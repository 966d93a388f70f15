// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/console/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "adapters/linux/console/console_files.h"

namespace tsp::linux_ {
namespace console_test {

using testing::HasSubstr;

std::string header(const HttpAnswer& answer, const std::string& wanted) {
  for (const auto& [name, value] : answer.headers) {
    if (name == wanted) return value;
  }
  return "";
}

std::optional<HttpAnswer> get(const std::string& target, const std::string& if_none_match = "") {
  return answer_as_console({.method = "GET", .target = target, .if_none_match = if_none_match});
}

TEST(Console, TheFirstPageIsAtTheRoot) {
  const auto page = get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page->text, testing::StartsWith("<!doctype html>"));
  EXPECT_EQ(page->cache_control, "no-cache");
  EXPECT_EQ(get("/?x=/y")->text, page->text);
}

TEST(Console, EachFileIsServedAndNothingOfOthersIsRun) {
  std::set<std::string_view> tags;
  for (const ConsoleFile& file : console_files()) {
    const auto answer = get(std::string(file.path));
    ASSERT_TRUE(answer) << file.path;
    EXPECT_EQ(answer->text, file.text);
    EXPECT_EQ(header(*answer, "Referrer-Policy"), "no-referrer");
    const std::string policy = header(*answer, "Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self';"));
    EXPECT_THAT(policy, testing::Not(HasSubstr("unsafe")));
    tags.insert(file.etag);
  }
  EXPECT_EQ(tags.size(), console_files().size());
  EXPECT_THAT(get("/main.js")->content_type, testing::StartsWith("text/javascript"));
}

// Else each is asked for only when the one that needs it has come.
TEST(Console, TheFirstPageNamesAllItsScripts) {
  const auto page = get("/");
  for (const ConsoleFile& file : console_files()) {
    if (!file.path.ends_with(".js")) continue;
    EXPECT_THAT(page->text, HasSubstr('"' + std::string(file.path) + '"'));
  }
}

TEST(Console, WhoHasTheFileAlreadyIsToldSo) {
  const std::string tag = header(*get("/console.css"), "ETag");
  EXPECT_THAT(tag, testing::MatchesRegex("\"[0-9a-f]{32}\""));
  for (const std::string& has : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const auto answer = get("/console.css", has);
    EXPECT_EQ(answer->status, 304) << has;
    EXPECT_TRUE(answer->without_body);
    EXPECT_EQ(header(*answer, "ETag"), tag);
  }
  EXPECT_EQ(get("/console.css", "\"x\"")->status, 200);
}

TEST(Console, HeadTellsTheSizeOnly) {
  const auto answer = answer_as_console({.method = "HEAD", .target = "/"});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->without_body);
  EXPECT_EQ(answer->text, get("/")->text);
}

TEST(Console, WhateverElseIsAskedForIsNotItsOwn) {
  for (const char* target : {"/index.html", "/web/", "/nothing", "/api/v1/status", "//", "/../main.js"}) {
    EXPECT_FALSE(get(target)) << target;
  }
  EXPECT_FALSE(answer_as_console({.method = "POST", .target = "/"}));
}

}  // namespace console_test
}  // namespace tsp::linux_
