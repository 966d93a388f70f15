// SPDX-License-Identifier: Apache-2.0
//
// Who may use the API: tokens and console logins. What they may do there is not the core's business; that the accounts
// they belong to are there, is.
#include <chrono>
#include <utility>

#include "core/auth/api_token.h"
#include "core/auth/login.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr std::uint32_t kAccessPageMax = 1000;
constexpr Duration kLifetimeMin = std::chrono::seconds(1);
constexpr Duration kLifetimeMax = std::chrono::hours(24 * 3660);

constexpr const char* kNameRule = "name: expected 1 to 64 letters, digits, '-', '_' and '.'";

}  // namespace

// ---- tokens -------------------------------------------------------------------------------------------------------

void Broker::Impl::run(RequestId request, const CreateTokenRequest& command) {
  if (!auth::valid_api_name(command.name)) return fail(request, AdminStatus::Invalid, kNameRule);
  if (command.lifetime && (*command.lifetime < kLifetimeMin || *command.lifetime > kLifetimeMax)) {
    return fail(request, AdminStatus::Invalid, "lifetime_seconds: expected 1 to 316224000");
  }
  with_api_account(request, command.role, command.login, [this, request, command](AccountId account) {
    const std::string text = auth::make_api_token(random_);
    ApiToken token{.id = ApiTokenId{fresh_id()},
                   .name = command.name,
                   .hash = auth::hash_of_api_token(text),
                   .role = command.role,
                   .account = account,
                   .login = command.login,
                   .scopes = command.scopes,
                   .created = now_.wall,
                   .expires = std::nullopt};
    if (command.lifetime) token.expires = now_.wall + *command.lifetime;
    save_token(request, token, text);
  });
}

void Broker::Impl::save_token(RequestId request, const ApiToken& token, const std::string& text) {
  std::vector<StoreChange> changes{PutApiToken{token}};
  add_audit(request, changes);
  const auto then = [this, request, token, text](const StoreDone& done) {
    if (done.status == StoreStatus::Taken) {
      return fail(request, AdminStatus::Exists, "name: there is a token of this name already");
    }
    if (done.status != StoreStatus::Done) return fail(request, done);
    AdminReply answer{.request = request};
    answer.tokens = {token};
    answer.token = text;
    reply(std::move(answer));
  };
  ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const RevokeTokenRequest& command) {
  const auto then = [this, request, command](const StoreDone& found) {
    if (found.status != StoreStatus::Done) return fail(request, found);
    const ApiToken* token = found.api_tokens.empty() ? nullptr : &found.api_tokens.front();
    if (token == nullptr || token->id != command.id) return fail(request, AdminStatus::NotFound, "id: no such token");
    if (const auto audit = audits_.find(request); audit != audits_.end()) audit->second.entry.detail = token->name;
    commit_for(request, {EraseApiToken{command.id}}, [this, request] { done(request); });
  };
  if (command.id.value == 0) return fail(request, AdminStatus::NotFound, "id: no such token");
  ask_store(ListApiTokens{.op = {}, .after = ApiTokenId{command.id.value - 1}, .limit = 1, .login = command.login},
            then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const ListTokensRequest& command) {
  read_for(request, command.limit,
           ListApiTokens{.op = {}, .after = command.after, .limit = command.limit, .login = command.login},
           [](const StoreDone& done, AdminReply& reply) { reply.tokens = done.api_tokens; });
}

void Broker::Impl::run(RequestId request, const FindTokenRequest& command) {
  const auto then = [this, request](const StoreDone& done) {
    if (done.status != StoreStatus::Done) return fail(request, done);
    if (done.api_tokens.empty()) return fail(request, AdminStatus::NotFound, "no such token");
    const ApiToken& token = done.api_tokens.front();
    if (token.expires && *token.expires <= now_.wall) return fail(request, AdminStatus::NotFound, "it has expired");
    AdminReply answer{.request = request};
    answer.tokens = {token};
    answer_for_account(token.account, token.login, std::move(answer));
  };
  ask_store(FindApiToken{.op = {}, .hash = command.hash}, then, now_.mono + kOperatorsPatience);
}

// ---- console logins -----------------------------------------------------------------------------------------------

void Broker::Impl::run(RequestId request, const SetConsoleLoginRequest& command) {
  if (!auth::valid_login(command.login)) return fail(request, AdminStatus::Invalid, kLoginRule);
  const std::string of_account = command.role == ApiRole::User ? command.login : std::string();
  with_api_account(request, command.role, of_account, [this, request, command](AccountId account) {
    std::vector<StoreChange> changes{PutConsoleLogin{ConsoleLogin{.login = command.login,
                                                                  .role = command.role,
                                                                  .account = account,
                                                                  .password_hash = command.password_hash,
                                                                  .changed = now_.wall}}};
    add_audit(request, changes);
    ask_store(
        CommitChanges{.op = {}, .changes = std::move(changes)},
        [this, request](const StoreDone& done) {
          if (done.status == StoreStatus::Taken) {
            return fail(request, AdminStatus::Exists, "login: it is there already, with another role");
          }
          if (done.status != StoreStatus::Done) return fail(request, done);
          this->done(request);
        },
        now_.mono + kOperatorsPatience);
  });
}

void Broker::Impl::run(RequestId request, const RemoveConsoleLoginRequest& command) {
  const auto then = [this, request, command](const StoreDone& found) {
    if (found.status != StoreStatus::Done) return fail(request, found);
    if (found.console_logins.empty()) return fail(request, AdminStatus::NotFound, "login: no such console login");
    commit_for(request, {EraseConsoleLogin{command.login}}, [this, request] { done(request); });
  };
  ask_store(FindConsoleLogin{.op = {}, .login = command.login}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const FindConsoleLoginRequest& command) {
  const auto then = [this, request](const StoreDone& done) {
    if (done.status != StoreStatus::Done) return fail(request, done);
    if (done.console_logins.empty()) return fail(request, AdminStatus::NotFound, "no such console login");
    const ConsoleLogin& found = done.console_logins.front();
    AdminReply answer{.request = request};
    answer.console_logins = {found};
    answer.totps = done.console_totps;
    answer_for_account(found.account, found.login, std::move(answer));
  };
  ask_store(FindConsoleLogin{.op = {}, .login = command.login}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const ListConsoleLoginsRequest& command) {
  read_for(request, command.limit, ListConsoleLogins{.op = {}, .after = command.after, .limit = command.limit},
           [](const StoreDone& done, AdminReply& reply) { reply.console_logins = done.console_logins; });
}

// ---- second factors -----------------------------------------------------------------------------------------------

void Broker::Impl::run(RequestId request, const SetTotpRequest& command) {
  std::vector<StoreChange> changes{PutConsoleTotp{ConsoleTotp{.login = command.login,
                                                              .secret = command.secret,
                                                              .confirmed = command.confirmed_by.has_value(),
                                                              .last_step = command.confirmed_by.value_or(0),
                                                              .last_use = fresh_id()}}};
  add_audit(request, changes);
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, request](const StoreDone& done) {
        if (done.status == StoreStatus::Missing) {
          return fail(request, AdminStatus::NotFound, "login: no such console login");
        }
        if (done.status != StoreStatus::Done) return fail(request, done);
        this->done(request);
      },
      now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const RemoveTotpRequest& command) {
  const auto then = [this, request, command](const StoreDone& found) {
    if (found.status != StoreStatus::Done) return fail(request, found);
    if (found.console_totps.empty()) return fail(request, AdminStatus::NotFound, "login: it has no second factor");
    commit_for(request, {EraseConsoleTotp{command.login}}, [this, request] { done(request); });
  };
  ask_store(FindConsoleLogin{.op = {}, .login = command.login}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const UseTotpRequest& command) {
  const auto then = [this, request](const StoreDone& done) {
    if (done.status == StoreStatus::Taken) return fail(request, AdminStatus::Exists, "code: it was used already");
    if (done.status == StoreStatus::Missing) {
      return fail(request, AdminStatus::NotFound, "login: it has no second factor");
    }
    if (done.status != StoreStatus::Done) return fail(request, done);
    this->done(request);
  };
  const UseConsoleTotp use{.login = command.login, .step = command.step, .use = fresh_id()};
  ask_store(CommitChanges{.op = {}, .changes = {use}}, then, now_.mono + kOperatorsPatience);
}

// ---- what they have in common -------------------------------------------------------------------------------------

void Broker::Impl::with_api_account(RequestId request, ApiRole role, const std::string& login,
                                    std::function<void(AccountId)> then) {
  if (role != ApiRole::User) {
    if (!login.empty()) return fail(request, AdminStatus::Invalid, "login: expected with the role user only");
    return then(kAnonymous);
  }
  if (!auth::valid_login(login)) return fail(request, AdminStatus::Invalid, kLoginRule);
  with_account(request, login, [then = std::move(then)](const AccountRecord& record) { then(record.account.id); });
}

void Broker::Impl::answer_for_account(AccountId account, const std::string& login, AdminReply answer) {
  if (account == kAnonymous) return reply(std::move(answer));
  with_account(answer.request, login, [this, account, answer](const AccountRecord& record) {
    const bool is_valid = record.account.id == account && record.account.enabled;
    if (!is_valid) return fail(answer.request, AdminStatus::NotFound, "its account is disabled");
    reply(answer);
  });
}

void Broker::Impl::read_for(RequestId request, std::uint32_t limit, StoreOrder what,
                            std::function<void(const StoreDone&, AdminReply&)> take) {
  if (limit == 0 || limit > kAccessPageMax) return fail(request, AdminStatus::Invalid, "limit: expected 1 to 1000");
  const auto then = [this, request, take = std::move(take)](const StoreDone& done) {
    if (done.status != StoreStatus::Done) return fail(request, done);
    AdminReply answer{.request = request};
    take(done, answer);
    reply(std::move(answer));
  };
  ask_store(std::move(what), then, now_.mono + kOperatorsPatience);
}

}  // namespace tsp
