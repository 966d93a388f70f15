// SPDX-License-Identifier: Apache-2.0
//
// Who may use the API, and the audit log.
#include <optional>
#include <string>
#include <vector>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

ApiToken api_token(std::uint64_t id, const std::string& name) {
  ApiToken token;
  token.id = {id};
  token.name = name;
  token.hash.fill(static_cast<std::uint8_t>(id));
  token.role = ApiRole::Admin;
  token.created = at_second(1'764'000'000);
  return token;
}

ConsoleLogin console_login(const std::string& login, AccountId account = kAnonymous) {
  return {.login = login,
          .role = account == kAnonymous ? ApiRole::Operator : ApiRole::User,
          .account = account,
          .password_hash = "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA",
          .changed = at_second(1'764'000'000)};
}

AuditEntry audit_entry(std::int64_t second, std::uint64_t id) {
  return {.at = at_second(second),
          .id = id,
          .broker = {1},
          .actor = "token backup",
          .source = "2001:db8::7",
          .action = "account.add",
          .subject = "\xD8\xB3\xD8\xB9 \xF0\x9F\x90\x8C",
          .detail = "it's \"quoted\"; --",
          .result = "done"};
}

TEST_P(AccessContract, ATokenIsFoundByItsHashAsItWasPut) {
  ApiToken full = api_token(0x1F'FFFF'FFFF'FFFF, "back-up_2.nightly");
  full.role = ApiRole::User;
  full.account = kAlice;
  full.login = "alice";
  full.scopes = {"accounts:read", "tunnels:write"};
  full.expires = at_second(1'764'000'001);
  const ApiToken plain = api_token(7, "plain");
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutApiToken{full}, PutApiToken{plain}}), StoreStatus::Done);

  harness_->reopen();

  EXPECT_EQ(find_token(full.hash), std::vector{full});
  EXPECT_EQ(find_token(plain.hash), std::vector{plain});
  EXPECT_TRUE(find_token(ApiTokenHash{}).empty());
  EXPECT_EQ(tokens(), (std::vector{plain, full}));
  EXPECT_EQ(tokens("alice"), std::vector{full});
  EXPECT_EQ(tokens(""), std::vector{plain});
  EXPECT_EQ(tokens(std::nullopt, 7), std::vector{full});
  EXPECT_EQ(tokens(std::nullopt, 0, 1), std::vector{plain});
}

TEST_P(AccessContract, TwoTokensOfALoginHaveTwoNames) {
  ApiToken of_alice = api_token(3, "backup");
  of_alice.role = ApiRole::User;
  of_alice.account = kAlice;
  of_alice.login = "alice";
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutApiToken{api_token(1, "backup")}, PutApiToken{of_alice}}),
            StoreStatus::Done);

  EXPECT_EQ(commit({PutApiToken{api_token(2, "backup")}}), StoreStatus::Taken);
  EXPECT_EQ(commit({PutApiToken{api_token(2, "BACKUP")}}), StoreStatus::Done) << "it is another name";
  EXPECT_EQ(commit({PutApiToken{api_token(1, "backup")}}), StoreStatus::Done) << "it is the same";
  ApiToken same_hash = api_token(4, "other");
  same_hash.hash = of_alice.hash;
  EXPECT_EQ(commit({PutApiToken{same_hash}}), StoreStatus::Taken);
  EXPECT_EQ(tokens().size(), 3U);
}

TEST_P(AccessContract, AnErasedTokenIsNotFound) {
  ASSERT_EQ(commit({PutApiToken{api_token(1, "a")}, PutApiToken{api_token(2, "b")}}), StoreStatus::Done);

  EXPECT_EQ(commit({EraseApiToken{{1}}}), StoreStatus::Done);
  EXPECT_EQ(commit({EraseApiToken{{1}}}), StoreStatus::Done) << "it is gone already";

  EXPECT_TRUE(find_token(api_token(1, "a").hash).empty());
  EXPECT_EQ(tokens(), std::vector{api_token(2, "b")});
}

TEST_P(AccessContract, AConsoleLoginIsFoundAsItWasPut) {
  const ConsoleLogin of_alice = console_login("alice", kAlice);
  const ConsoleLogin noc = console_login("noc");
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutConsoleLogin{noc}, PutConsoleLogin{of_alice}}),
            StoreStatus::Done);
  harness_->reopen();

  EXPECT_EQ(find_login("alice"), std::vector{of_alice});
  EXPECT_EQ(find_login("noc"), std::vector{noc});
  EXPECT_TRUE(find_login("Alice").empty());
  EXPECT_EQ(logins(), (std::vector{of_alice, noc}));
  EXPECT_EQ(logins("alice"), std::vector{noc});
  EXPECT_EQ(logins("", 1), std::vector{of_alice});

  ConsoleLogin changed = noc;
  changed.role = ApiRole::Admin;
  changed.password_hash = "$argon2id$other";
  EXPECT_EQ(commit({PutConsoleLogin{changed}}), StoreStatus::Done);
  EXPECT_EQ(find_login("noc"), std::vector{changed});
  EXPECT_EQ(commit({EraseConsoleLogin{"noc"}}), StoreStatus::Done);
  EXPECT_EQ(commit({EraseConsoleLogin{"noc"}}), StoreStatus::Done) << "it is gone already";
  EXPECT_TRUE(find_login("noc").empty());
}

TEST_P(AccessContract, AConsoleLoginStaysWithItsAccount) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutConsoleLogin{console_login("noc")},
                    PutConsoleLogin{console_login("alice", kAlice)}}),
            StoreStatus::Done);

  EXPECT_EQ(commit({PutConsoleLogin{console_login("noc", kAlice)}}), StoreStatus::Taken);
  EXPECT_EQ(commit({PutConsoleLogin{console_login("alice")}}), StoreStatus::Taken);
}

TEST_P(AccessContract, WhatBelongsToAnAccountNeedsItAndGoesWithIt) {
  ApiToken token = api_token(1, "phone");
  token.account = kAlice;
  token.login = "alice";
  EXPECT_EQ(commit({PutApiToken{token}}), StoreStatus::Missing);
  EXPECT_EQ(commit({PutConsoleLogin{console_login("alice", kAlice)}}), StoreStatus::Missing);
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutApiToken{token}, PutApiToken{api_token(2, "admin")},
                    PutConsoleLogin{console_login("alice", kAlice)}, PutConsoleLogin{console_login("noc")}}),
            StoreStatus::Done);

  ASSERT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Done);

  EXPECT_EQ(tokens(), std::vector{api_token(2, "admin")});
  EXPECT_EQ(logins(), std::vector{console_login("noc")});
}

TEST_P(AccessContract, ASecondFactorBelongsToAConsoleLogin) {
  const ConsoleTotp totp = console_totp("noc");
  EXPECT_EQ(commit({PutConsoleTotp{totp}}), StoreStatus::Missing);
  ASSERT_EQ(commit({PutConsoleLogin{console_login("noc")}, PutConsoleTotp{totp}}), StoreStatus::Done);
  harness_->reopen();

  EXPECT_EQ(find_totp("noc"), std::vector{totp});
  EXPECT_TRUE(find_totp("Noc").empty());
  EXPECT_FALSE(find_login("noc").at(0).needs_code);
  ConsoleTotp confirmed = totp;
  confirmed.confirmed = true;
  confirmed.last_step = 0x1F'FFFF'FFFF'FFFF;
  EXPECT_EQ(commit({PutConsoleTotp{confirmed}}), StoreStatus::Done);
  EXPECT_EQ(find_totp("noc"), std::vector{confirmed});
  EXPECT_TRUE(find_login("noc").at(0).needs_code);
  EXPECT_TRUE(logins().at(0).needs_code);
  EXPECT_EQ(commit({PutConsoleLogin{console_login("noc")}}), StoreStatus::Done);
  EXPECT_TRUE(find_login("noc").at(0).needs_code) << "another password leaves it";
  EXPECT_EQ(commit({EraseConsoleTotp{"noc"}}), StoreStatus::Done);
  EXPECT_EQ(commit({EraseConsoleTotp{"noc"}}), StoreStatus::Done) << "it is gone already";
  EXPECT_TRUE(find_totp("noc").empty());
  EXPECT_FALSE(find_login("noc").at(0).needs_code);
}

TEST_P(AccessContract, ASecondFactorGoesWithItsLoginAndWithTheAccount) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutConsoleLogin{console_login("alice", kAlice)},
                    PutConsoleTotp{console_totp("alice")}, PutConsoleLogin{console_login("noc")},
                    PutConsoleTotp{console_totp("noc")}}),
            StoreStatus::Done);

  EXPECT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Done);
  EXPECT_TRUE(find_totp("alice").empty());
  EXPECT_EQ(find_totp("noc").size(), 1U);
  EXPECT_EQ(commit({EraseConsoleLogin{"noc"}}), StoreStatus::Done);
  EXPECT_TRUE(find_totp("noc").empty());
}

TEST_P(AccessContract, ACodeIsGoodOnce) {
  ASSERT_EQ(commit({PutConsoleLogin{console_login("noc")}, PutConsoleTotp{console_totp("noc")}}), StoreStatus::Done);

  EXPECT_EQ(commit({UseConsoleTotp{"noc", 100, 7}}), StoreStatus::Done);
  EXPECT_EQ(commit({UseConsoleTotp{"noc", 100, 7}}), StoreStatus::Done) << "the same use, written again";
  EXPECT_EQ(commit({UseConsoleTotp{"noc", 100, 8}}), StoreStatus::Taken);
  EXPECT_EQ(commit({UseConsoleTotp{"noc", 99, 9}}), StoreStatus::Taken) << "an earlier one";
  EXPECT_EQ(commit({UseConsoleTotp{"noc", 101, 9}}), StoreStatus::Done);
  EXPECT_EQ(commit({UseConsoleTotp{"nobody", 101, 9}}), StoreStatus::Missing);
  EXPECT_EQ(find_totp("noc").at(0).last_step, 101U);
  EXPECT_EQ(find_totp("noc").at(0).secret, console_totp("noc").secret);
}

TEST_P(AccessContract, TheAuditLogIsReadFromItsEnd) {
  const AuditEntry first = audit_entry(10, 9);
  const AuditEntry second = audit_entry(11, 5);
  const AuditEntry third = audit_entry(11, 6);
  ASSERT_EQ(commit({AddAuditEntry{third}, AddAuditEntry{first}}), StoreStatus::Done);
  ASSERT_EQ(commit({AddAuditEntry{second}}), StoreStatus::Done);
  harness_->reopen();

  EXPECT_EQ(audit(), (std::vector{third, second, first}));
  EXPECT_EQ(audit(std::nullopt, 2), (std::vector{third, second}));
  EXPECT_EQ(audit(AuditPlace{at_second(11), 6}), (std::vector{second, first}));
  EXPECT_EQ(audit(AuditPlace{at_second(11), 5}), std::vector{first});
  EXPECT_TRUE(audit(AuditPlace{at_second(10), 9}).empty());
}

TEST_P(AccessContract, AnEntryOfTheAuditLogIsWrittenOnceAndNeverChanged) {
  ASSERT_EQ(commit({AddAuditEntry{audit_entry(10, 1)}}), StoreStatus::Done);
  AuditEntry other = audit_entry(10, 1);
  other.result = "something else";

  EXPECT_EQ(commit({AddAuditEntry{other}}), StoreStatus::Done);

  EXPECT_EQ(audit(), std::vector{audit_entry(10, 1)});
}

TEST_P(AccessContract, AnEntryGoesWithTheCommitThatIsRefused) {
  EXPECT_EQ(commit({AddAuditEntry{audit_entry(10, 1)}, DeleteAccount{kAlice}}), StoreStatus::Missing);

  EXPECT_TRUE(audit().empty());
}

}  // namespace
}  // namespace tsp::port
