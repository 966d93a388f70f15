// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sealed_page.h"

namespace tsp::linux_::store {

// Who may use the API, and what was done with it. One commit runs at a time, so that what it looks at before it writes
// holds until it ends; the statements are those that every database understands.
template <class Connection, class Statement>
class AccessTables {
 public:
  explicit AccessTables(Connection& connection) : connection_(connection) {}

  // ---- tokens

  Result<> apply(const PutApiToken& change) {
    const ApiToken& token = change.token;
    if (auto there = expect_account(token.account); !there) return there;
    const std::string hash = to_hex(token.hash);
    const auto others = first_number(other_tokens_.query(token.id, hash, token.login, token.name));
    if (!others) return std::unexpected(others.error());
    if (*others > 0) return std::unexpected(taken("there is a token of this name, or with this hash"));
    if (auto erased = erase_token_.run(token.id); !erased) return erased;
    const std::string scopes = join_words(token.scopes);
    return insert_token_.run(token.id, token.name, hash, token.role, token.account, token.login, scopes, token.created,
                             token.expires);
  }
  Result<> apply(const EraseApiToken& change) { return erase_token_.run(change.id); }

  Result<std::vector<ApiToken>> find_token(const ApiTokenHash& hash, SkippedRows& skipped) {
    const std::string text = to_hex(hash);
    return read_all<ApiToken>(find_token_.query(text), &read_api_token, skipped);
  }
  Result<std::vector<ApiToken>> tokens(ApiTokenId after, std::uint32_t limit, SkippedRows& skipped) {
    return read_all<ApiToken>(tokens_.query(after, limit), &read_api_token, skipped);
  }
  Result<std::vector<ApiToken>> tokens_of(const std::string& login, ApiTokenId after, std::uint32_t limit,
                                          SkippedRows& skipped) {
    return read_all<ApiToken>(tokens_of_.query(login, after, limit), &read_api_token, skipped);
  }

  // ---- console logins

  Result<> apply(const PutConsoleLogin& change) {
    const ConsoleLogin& login = change.console_login;
    if (auto there = expect_account(login.account); !there) return there;
    SkippedRows unreadable;
    const auto there = find_login(login.login, unreadable);
    if (!there) return std::unexpected(there.error());
    if (!there->empty() && there->front().account != login.account) {
      return std::unexpected(taken("the console login is another account's, or none's"));
    }
    if (auto erased = erase_login_.run(login.login); !erased) return erased;
    return insert_login_.run(login.login, login.role, login.account, login.password_hash, login.changed);
  }
  Result<> apply(const EraseConsoleLogin& change) {
    if (auto erased = erase_totp_.run(change.login); !erased) return erased;
    return erase_login_.run(change.login);
  }

  Result<std::vector<ConsoleLogin>> find_login(const std::string& login, SkippedRows& skipped) {
    return read_all<ConsoleLogin>(find_login_.query(login), &read_console_login_with_need, skipped);
  }
  Result<std::vector<ConsoleLogin>> logins(const std::string& after, std::uint32_t limit, SkippedRows& skipped) {
    return read_all<ConsoleLogin>(logins_.query(after, limit), &read_console_login_with_need, skipped);
  }

  // ---- second factors

  Result<> apply(const PutConsoleTotp& change) {
    const ConsoleTotp& totp = change.totp;
    const auto there = first_number(same_login_.query(totp.login));
    if (!there) return std::unexpected(there.error());
    if (*there == 0) return std::unexpected(missing_totp(totp.login));
    return write(totp);
  }
  Result<> apply(const EraseConsoleTotp& change) { return erase_totp_.run(change.login); }
  Result<> apply(const UseConsoleTotp& change) {
    SkippedRows unreadable;
    auto there = find_totp(change.login, unreadable);
    if (!there) return std::unexpected(there.error());
    if (there->empty()) return std::unexpected(missing_totp(change.login));
    const ConsoleTotp& totp = there->front();
    if (totp.last_step == change.step && totp.last_use == change.use) return {};
    if (totp.last_step >= change.step) return std::unexpected(taken("the code was used already"));
    return use_totp_.run(change.step, change.use, change.login);
  }
  Result<std::vector<ConsoleTotp>> find_totp(const std::string& login, SkippedRows& skipped) {
    return read_all<ConsoleTotp>(find_totp_.query(login), totp_reader(), skipped);
  }
  // See Database. They are few, and sealed anew in one go.
  Result<SealedPage> seal_totps() {
    const std::string head = connection_.sealer()->current_head() + "%";
    SealedPage page;
    std::vector<ConsoleTotp> totps;
    const auto keep = [&](const Columns& row) -> Result<> {
      ++page.rows;
      auto totp = read_console_totp(row, connection_.sealer());
      if (totp) {
        totps.push_back(std::move(*totp));
      } else {
        page.unreadable.push_back(std::move(totp.error()));
      }
      return {};
    };
    if (auto read = for_each_row(not_sealed_.query(head), keep); !read) return std::unexpected(read.error());
    for (const ConsoleTotp& totp : totps) {
      if (auto sealed = write(totp); !sealed) return std::unexpected(sealed.error());
    }
    return page;
  }
  Result<std::int64_t> count_sealed() { return first_number(count_sealed_.query()); }

  // Tokens and console login of an account.
  Result<> erase_of(AccountId account) {
    if (auto erased = erase_tokens_of_.run(account); !erased) return erased;
    if (auto erased = erase_totps_of_.run(account); !erased) return erased;
    return erase_logins_of_.run(account);
  }

  // ---- audit log

  Result<> apply(const AddAuditEntry& change) {
    const AuditEntry& entry = change.entry;
    const auto there = first_number(same_entry_.query(entry.at, entry.id));
    if (!there) return std::unexpected(there.error());
    if (*there > 0) return {};
    return insert_entry_.run(entry.at, entry.id, entry.broker, entry.actor, entry.source, entry.action, entry.subject,
                             entry.detail, entry.result);
  }
  Result<std::vector<AuditEntry>> audit(const std::optional<AuditPlace>& before, std::uint32_t limit,
                                        SkippedRows& skipped) {
    if (!before) return read_all<AuditEntry>(latest_.query(limit), &read_audit_entry, skipped);
    return read_all<AuditEntry>(earlier_.query(before->at, before->at, before->id, limit), &read_audit_entry, skipped);
  }
  // Of the oldest entries those from before then; false: there were none.
  Result<bool> forget_audit(WallTime before) {
    std::optional<std::int64_t> last;
    const auto note = [&](const Columns& row) -> Result<> {
      last = row.integer(0);
      return {};
    };
    if (auto read = for_each_row(oldest_.query(before, HistoryTrimmer::kStep), note); !read) {
      return std::unexpected(read.error());
    }
    if (!last) return false;
    if (auto erased = forget_.run(*last); !erased) return std::unexpected(erased.error());
    return true;
  }

 private:
  [[nodiscard]] auto totp_reader() const {
    return [sealer = connection_.sealer()](const Columns& row) { return read_console_totp(row, sealer); };
  }
  Result<> write(const ConsoleTotp& totp) {
    const std::string secret = secret_text(totp, connection_.sealer());
    if (auto erased = erase_totp_.run(totp.login); !erased) return erased;
    return insert_totp_.run(totp.login, secret, totp.confirmed, totp.last_step, totp.last_use);
  }
  static Failure taken(std::string why) { return {.status = StoreStatus::Taken, .detail = std::move(why)}; }
  Result<> expect_account(AccountId account) {
    if (account == kAnonymous) return {};
    const auto found = first_number(account_.query(account));
    if (!found) return std::unexpected(found.error());
    if (*found == 0) return std::unexpected(missing_account(account));
    return {};
  }

  Connection& connection_;
  Statement account_{connection_, "SELECT count(*) FROM accounts WHERE id = ?"};
  Statement other_tokens_{connection_,
                          "SELECT count(*) FROM api_tokens WHERE id <> ? AND (hash = ? OR (login = ? AND name = ?))"};
  Statement insert_token_{connection_,
                          "INSERT INTO api_tokens (" TSP_API_TOKEN_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement erase_token_{connection_, "DELETE FROM api_tokens WHERE id = ?"};
  Statement erase_tokens_of_{connection_, "DELETE FROM api_tokens WHERE account = ?"};
  Statement find_token_{connection_, "SELECT " TSP_API_TOKEN_COLUMNS " FROM api_tokens WHERE hash = ?"};
  Statement tokens_{connection_, "SELECT " TSP_API_TOKEN_COLUMNS " FROM api_tokens WHERE id > ? ORDER BY id LIMIT ?"};
  Statement tokens_of_{
      connection_, "SELECT " TSP_API_TOKEN_COLUMNS " FROM api_tokens WHERE login = ? AND id > ? ORDER BY id LIMIT ?"};

  Statement insert_login_{connection_,
                          "INSERT INTO console_logins (" TSP_CONSOLE_LOGIN_COLUMNS ") VALUES (?, ?, ?, ?, ?)"};
  Statement erase_login_{connection_, "DELETE FROM console_logins WHERE login = ?"};
  Statement erase_logins_of_{connection_, "DELETE FROM console_logins WHERE account = ?"};
// A macro, to stand before the rest of a statement.
#define TSP_FROM_CONSOLE_LOGINS                                                                             \
  "SELECT " TSP_CONSOLE_LOGIN_COLUMNS                                                                       \
  ", (SELECT count(*) FROM console_totp WHERE console_totp.login = console_logins.login AND confirmed = 1)" \
  " FROM console_logins WHERE "
  Statement find_login_{connection_, TSP_FROM_CONSOLE_LOGINS "login = ?"};
  Statement logins_{connection_, TSP_FROM_CONSOLE_LOGINS "login > ? ORDER BY login LIMIT ?"};
#undef TSP_FROM_CONSOLE_LOGINS
  Statement same_login_{connection_, "SELECT count(*) FROM console_logins WHERE login = ?"};

  Statement insert_totp_{connection_, "INSERT INTO console_totp (" TSP_CONSOLE_TOTP_COLUMNS ") VALUES (?, ?, ?, ?, ?)"};
  Statement use_totp_{connection_, "UPDATE console_totp SET last_step = ?, last_use = ? WHERE login = ?"};
  Statement erase_totp_{connection_, "DELETE FROM console_totp WHERE login = ?"};
  Statement erase_totps_of_{
      connection_, "DELETE FROM console_totp WHERE login IN (SELECT login FROM console_logins WHERE account = ?)"};
  Statement find_totp_{connection_, "SELECT " TSP_CONSOLE_TOTP_COLUMNS " FROM console_totp WHERE login = ?"};
  Statement not_sealed_{connection_, "SELECT " TSP_CONSOLE_TOTP_COLUMNS " FROM console_totp WHERE secret NOT LIKE ?"};
  Statement count_sealed_{connection_, "SELECT count(*) FROM console_totp WHERE secret LIKE 'sealed:%'"};

  Statement same_entry_{connection_, "SELECT count(*) FROM audit WHERE at_ns = ? AND id = ?"};
  Statement insert_entry_{connection_, "INSERT INTO audit (" TSP_AUDIT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement latest_{connection_, "SELECT " TSP_AUDIT_COLUMNS " FROM audit ORDER BY at_ns DESC, id DESC LIMIT ?"};
  Statement earlier_{connection_, "SELECT " TSP_AUDIT_COLUMNS
                                  " FROM audit WHERE at_ns < ? OR (at_ns = ? AND id < ?)"
                                  " ORDER BY at_ns DESC, id DESC LIMIT ?"};
  Statement oldest_{connection_, "SELECT at_ns FROM audit WHERE at_ns < ? ORDER BY at_ns LIMIT ?"};
  Statement forget_{connection_, "DELETE FROM audit WHERE at_ns <= ?"};
};

}  // namespace tsp::linux_::store
