// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/sessions.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace tsp::linux_ {
namespace sessions_test {

using std::chrono::minutes;

ConsoleLogin login_of(const std::string& name) {
  ConsoleLogin login;
  login.login = name;
  return login;
}

class SessionsTest : public testing::Test {
 protected:
  std::string begin(const std::string& login) { return sessions_.begin(login_of(login), now_).value().cookie; }
  bool is_there(const std::string& cookie) { return sessions_.find(cookie, now_).has_value(); }

  Sessions sessions_{{.idle = minutes(30), .whole = minutes(100)}};
  Instant now_;
};

TEST_F(SessionsTest, ASessionIsFoundByItsCookieUntilItEnds) {
  const auto begun = sessions_.begin(login_of("alice"), now_);
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->cookie.size(), 64U);
  EXPECT_EQ(begun->csrf_token.size(), 64U);
  const auto found = sessions_.find(begun->cookie, now_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->login.login, "alice");
  EXPECT_EQ(found->csrf_token, begun->csrf_token);
  EXPECT_FALSE(is_there(begun->csrf_token));
  EXPECT_FALSE(is_there(""));

  sessions_.end(begun->cookie);

  EXPECT_FALSE(is_there(begun->cookie));
}

TEST_F(SessionsTest, ASessionThatIsNotUsedEnds) {
  const std::string used = begin("alice");
  const std::string unused = begin("alice");
  now_.since_boot += minutes(29);
  EXPECT_TRUE(is_there(used));
  now_.since_boot += minutes(29);
  EXPECT_TRUE(is_there(used));
  EXPECT_FALSE(is_there(unused));
}

TEST_F(SessionsTest, ALookAtASessionIsNoUseOfIt) {
  const std::string cookie = begin("alice");
  now_.since_boot += minutes(29);
  EXPECT_TRUE(sessions_.look_at(cookie, now_));
  now_.since_boot += minutes(1);
  EXPECT_FALSE(sessions_.look_at(cookie, now_));
}

TEST_F(SessionsTest, ASessionEndsHoweverMuchItIsUsed) {
  const std::string cookie = begin("alice");
  for (int i = 0; i < 9; ++i) {
    now_.since_boot += minutes(11);
    EXPECT_TRUE(is_there(cookie));
  }
  now_.since_boot += minutes(1);
  EXPECT_FALSE(is_there(cookie));
}

TEST_F(SessionsTest, ALoginHasSoManyAndTheOneThatWasUsedLongestAgoEnds) {
  std::vector<std::string> cookies;
  for (std::size_t i = 0; i < Sessions::kPerLoginMax; ++i) {
    cookies.push_back(begin("alice"));
    now_.since_boot += std::chrono::seconds(1);
  }
  const std::string others = begin("bob");
  EXPECT_TRUE(is_there(cookies[0]));

  cookies.push_back(begin("alice"));

  EXPECT_TRUE(is_there(cookies[0]));
  EXPECT_FALSE(is_there(cookies[1]));
  EXPECT_TRUE(is_there(others));
}

TEST(SameSecret, ComparesAll) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("", "a"));
}

}  // namespace sessions_test
}  // namespace tsp::linux_
