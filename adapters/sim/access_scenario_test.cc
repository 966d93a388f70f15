// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: who may use the API, and what the audit log says of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/auth/api_token.h"

namespace tsp::sim {
namespace access_scenario_test {

using std::chrono::seconds;
using testing::ElementsAre;

const Actor kAdmin{"token backup", "192.0.2.7"};

class Access : public Scenario {
 protected:
  AdminReply make_token(const CreateTokenRequest& command) { return world.ask(command, kAdmin); }
  AdminStatus status_of(const std::string& token) {
    return world.ask(FindTokenRequest{auth::hash_of_api_token(token)}).status;
  }
  // "action subject: result", the oldest first.
  [[nodiscard]] std::vector<std::string> audit() const {
    std::vector<std::string> lines;
    for (const auto& [place, entry] : world.disk().audit()) {
      EXPECT_EQ(entry.actor, kAdmin.name);
      EXPECT_EQ(entry.source, kAdmin.source);
      lines.push_back(entry.action + ' ' + entry.subject + ": " + entry.result);
    }
    return lines;
  }
};

TEST_F(Access, ATokenIsToldOnceAndKeptAsAHash) {
  const AdminReply made = make_token({.name = "backup", .role = ApiRole::Admin, .scopes = {"accounts:read"}});
  ASSERT_EQ(made.status, AdminStatus::Done) << made.message;
  EXPECT_TRUE(auth::looks_like_api_token(made.token));
  const AdminReply found = world.ask(FindTokenRequest{auth::hash_of_api_token(made.token)});
  EXPECT_EQ(found.tokens, made.tokens);
  EXPECT_EQ(found.token, "");
  EXPECT_EQ(make_token({.name = "backup", .role = ApiRole::Operator}).status, AdminStatus::Exists);
  EXPECT_EQ(status_of(made.token + "0"), AdminStatus::NotFound);
}

TEST_F(Access, ATokenEndsWithItsTime) {
  const AdminReply made = make_token({.name = "a", .role = ApiRole::Admin, .lifetime = seconds(100)});
  EXPECT_EQ(status_of(made.token), AdminStatus::Done);
  world.run_for(seconds(101));
  EXPECT_EQ(status_of(made.token), AdminStatus::NotFound);
}

TEST_F(Access, AUsersTokenIsGoodAsLongAsItsAccountIs) {
  EXPECT_EQ(make_token({.name = "a", .role = ApiRole::User, .login = "nobody"}).status, AdminStatus::NotFound);
  EXPECT_EQ(make_token({.name = "a", .role = ApiRole::Admin, .login = "alice"}).status, AdminStatus::Invalid);
  const AdminReply made = make_token({.name = "a", .role = ApiRole::User, .login = "alice"});
  EXPECT_EQ(status_of(made.token), AdminStatus::Done);
  ASSERT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);
  EXPECT_EQ(status_of(made.token), AdminStatus::NotFound);
  ASSERT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = true}).status, AdminStatus::Done);
  EXPECT_EQ(status_of(made.token), AdminStatus::Done);
  ASSERT_EQ(world.ask(DeleteAccountRequest{"alice"}).status, AdminStatus::Done);
  ASSERT_EQ(world.ask(AddAccountRequest{.login = "alice", .password = "x"}).status, AdminStatus::Done);
  EXPECT_EQ(status_of(made.token), AdminStatus::NotFound) << "it was another account";
}

TEST_F(Access, OnlyItsOwnerOrAnAdminRevokesAToken) {
  const ApiTokenId id = make_token({.name = "a", .role = ApiRole::User, .login = "alice"}).tokens.at(0).id;
  EXPECT_EQ(world.ask(RevokeTokenRequest{id, "bob"}).status, AdminStatus::NotFound);
  EXPECT_EQ(world.ask(RevokeTokenRequest{ApiTokenId{id.value - 1}, {}}).status, AdminStatus::NotFound);
  EXPECT_EQ(world.ask(RevokeTokenRequest{ApiTokenId{}, {}}).status, AdminStatus::NotFound);
  EXPECT_EQ(world.ask(RevokeTokenRequest{id, "alice"}).status, AdminStatus::Done);
  EXPECT_TRUE(world.ask(ListTokensRequest{}).tokens.empty());
}

TEST_F(Access, FieldsThatAreWrongAreNamed) {
  EXPECT_THAT(make_token({.name = "two words", .role = ApiRole::Admin}).message, testing::StartsWith("name: "));
  EXPECT_THAT(make_token({.name = "a", .role = ApiRole::Admin, .lifetime = seconds(0)}).message,
              testing::StartsWith("lifetime_seconds: "));
  EXPECT_THAT(world.ask(SetConsoleLoginRequest{.login = "a:b", .role = ApiRole::Admin, .password_hash = "$"}).message,
              testing::StartsWith("login: "));
}

TEST_F(Access, AUsersConsoleLoginIsGoodAsLongAsItsAccountIs) {
  const auto set = [this](const std::string& login, ApiRole role) {
    return world.ask(SetConsoleLoginRequest{.login = login, .role = role, .password_hash = "$argon2id$1"}).status;
  };
  const auto find = [this](const std::string& login) { return world.ask(FindConsoleLoginRequest{login}).status; };
  EXPECT_EQ(set("nobody", ApiRole::User), AdminStatus::NotFound);
  EXPECT_EQ(set("noc", ApiRole::Operator), AdminStatus::Done);
  EXPECT_EQ(set("alice", ApiRole::User), AdminStatus::Done);
  EXPECT_EQ(set("alice", ApiRole::Admin), AdminStatus::Exists);
  EXPECT_EQ(find("noc"), AdminStatus::Done);
  EXPECT_EQ(find("alice"), AdminStatus::Done);
  ASSERT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .enabled = false}).status, AdminStatus::Done);
  EXPECT_EQ(find("alice"), AdminStatus::NotFound);
  EXPECT_EQ(world.ask(RemoveConsoleLoginRequest{"noc"}).status, AdminStatus::Done);
  EXPECT_EQ(world.ask(RemoveConsoleLoginRequest{"noc"}).status, AdminStatus::NotFound);
  EXPECT_EQ(find("noc"), AdminStatus::NotFound);
}

TEST_F(Access, WhatIsChangedAndWhatIsRefusedIsInTheAuditLogWhenItIsAnswered) {
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "carol", .password = "secret"}, kAdmin).status, AdminStatus::Done);
  EXPECT_THAT(audit(), ElementsAre("account.add carol: done"));
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "carol", .password = "x"}, kAdmin).status, AdminStatus::Exists);
  EXPECT_EQ(audit().size(), 2U);
  EXPECT_EQ(world.ask(DeleteAccountRequest{"nobody"}, kAdmin).status, AdminStatus::NotFound);
  EXPECT_EQ(audit().size(), 3U);
  EXPECT_EQ(world.ask(ShowAccountRequest{"carol"}, kAdmin).status, AdminStatus::Done);
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "carol"}, kAdmin).status, AdminStatus::Done);
  EXPECT_EQ(audit().size(), 3U) << "nothing was changed";
}

TEST_F(Access, AChangeAndItsEntryAreOneCommit) {
  // Whatever becomes of the answer of the store: both are there, or none of them.
  for (const StoreFault fault : {StoreFault::LostBeforeDone, StoreFault::LostAfterDone, StoreFault::Deadlocked}) {
    const std::string login = "user" + std::to_string(static_cast<int>(fault));
    world.store().inject(fault, 1);
    EXPECT_EQ(world.ask(AddAccountRequest{.login = login, .password = "x"}, kAdmin).status, AdminStatus::Done);
    world.run_for(seconds(3));
    EXPECT_TRUE(world.disk().find(login));
    EXPECT_THAT(audit(), testing::Contains("account.add " + login + ": done"));
  }
  EXPECT_EQ(audit().size(), 3U) << "a commit that is repeated is written once";
  world.store().inject(StoreFault::ReadOnly);
  EXPECT_EQ(world.ask(AddAccountRequest{.login = "late", .password = "x"}, kAdmin).status, AdminStatus::Unavailable);
  world.store().inject(StoreFault::None);
  world.run_for(seconds(10));
  EXPECT_FALSE(world.disk().find("late"));
  EXPECT_EQ(audit().size(), 3U);
}

TEST_F(Access, ASecondFactorCountsWhenItIsConfirmedAndItsCodesAreGoodOnce) {
  const TotpSecret secret{1, 2, 3};
  EXPECT_EQ(world.ask(SetTotpRequest{.login = "noc", .secret = secret}, kAdmin).status, AdminStatus::NotFound);
  EXPECT_EQ(world.ask(SetConsoleLoginRequest{.login = "noc", .role = ApiRole::Operator, .password_hash = "$x"}, kAdmin)
                .status,
            AdminStatus::Done);
  EXPECT_EQ(world.ask(SetTotpRequest{.login = "noc", .secret = secret}, kAdmin).status, AdminStatus::Done);
  const AdminReply begun = world.ask(FindConsoleLoginRequest{"noc"});
  ASSERT_EQ(begun.totps.size(), 1U);
  EXPECT_FALSE(begun.totps[0].confirmed);
  EXPECT_FALSE(begun.console_logins.at(0).needs_code);
  EXPECT_EQ(world.ask(SetTotpRequest{.login = "noc", .secret = secret, .confirmed_by = 100}, kAdmin).status,
            AdminStatus::Done);
  EXPECT_TRUE(world.ask(FindConsoleLoginRequest{"noc"}).console_logins.at(0).needs_code);
  EXPECT_EQ(world.ask(UseTotpRequest{.login = "noc", .step = 100}).status, AdminStatus::Exists) << "it confirmed";
  std::uint64_t step = 101;
  for (const StoreFault fault : {StoreFault::LostBeforeDone, StoreFault::LostAfterDone, StoreFault::None}) {
    world.store().inject(fault, 1);
    EXPECT_EQ(world.ask(UseTotpRequest{.login = "noc", .step = step}).status, AdminStatus::Done) << "one use";
    EXPECT_EQ(world.ask(UseTotpRequest{.login = "noc", .step = step++}).status, AdminStatus::Exists);
  }
  EXPECT_EQ(world.ask(RemoveTotpRequest{"noc"}, kAdmin).status, AdminStatus::Done);
  EXPECT_EQ(world.ask(RemoveTotpRequest{"noc"}, kAdmin).status, AdminStatus::NotFound);
  EXPECT_EQ(world.ask(UseTotpRequest{.login = "noc", .step = step}).status, AdminStatus::NotFound);
  EXPECT_THAT(audit(), ElementsAre("totp.begin noc: login: no such console login", "console_login.set noc: done",
                                   "totp.begin noc: done", "totp.confirm noc: done", "totp.remove noc: done",
                                   "totp.remove noc: login: it has no second factor"));
}

TEST_F(Access, NothingIsDoneThatTheAuditLogCannotTell) {
  Peer peer(world, 40000);
  const Offer offer = connect(peer, "alice", "wonderland");
  const TunnelId id = world.disk().tunnels().begin()->first;
  world.store().inject(StoreFault::ReadOnly);
  EXPECT_EQ(world.ask(KickTunnelRequest{id}, kAdmin).status, AdminStatus::Unavailable);
  EXPECT_EQ(world.ask(DrainRequest{}, kAdmin).status, AdminStatus::Unavailable);
  EXPECT_FALSE(world.broker().status().drain);
  EXPECT_TRUE(ping(peer, offer));
  world.store().inject(StoreFault::None);
  world.run_for(seconds(10));
  EXPECT_TRUE(audit().empty());
  EXPECT_EQ(world.ask(KickTunnelRequest{id}, kAdmin).status, AdminStatus::Done);
  EXPECT_EQ(live_tunnels(), 0U);
  EXPECT_EQ(world.ask(KickTunnelRequest{id}, kAdmin).status, AdminStatus::NotFound);
  const std::string subject = std::to_string(id.value);
  EXPECT_THAT(audit(),
              ElementsAre("tunnel.kick " + subject + ": done", "tunnel.kick " + subject + ": id: no such tunnel"));
}

TEST_F(Access, WhatTheCoreHasNoPartInCanBeNoted) {
  EXPECT_EQ(world.ask(NoteRequest{.action = "session.begin", .subject = "noc"}, kAdmin).status, AdminStatus::Done);
  EXPECT_THAT(audit(), ElementsAre("session.begin noc: done"));
  const AdminReply read = world.ask(ReadAuditRequest{});
  ASSERT_EQ(read.audit.size(), 1U);
  EXPECT_EQ(read.audit[0], world.disk().audit().begin()->second);
}

TEST_F(Access, SecretsAreNotInTheAuditLog) {
  const AdminReply made = make_token({.name = "a", .role = ApiRole::Admin});
  EXPECT_EQ(world.ask(ChangeAccountRequest{.login = "alice", .password = "looking-glass"}, kAdmin).status,
            AdminStatus::Done);
  for (const auto& [place, entry] : world.disk().audit()) {
    for (const std::string& text : {entry.subject, entry.detail, entry.result}) {
      EXPECT_THAT(text, testing::Not(testing::HasSubstr("looking-glass")));
      EXPECT_THAT(text, testing::Not(testing::HasSubstr(made.token)));
    }
  }
}

}  // namespace access_scenario_test
}  // namespace tsp::sim
