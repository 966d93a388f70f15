// SPDX-License-Identifier: Apache-2.0
//
// Finds out who asks the API: by the control socket, a bearer token, or the cookie of a session. And lets people log in
// to the console.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <tsp/broker.h>
#include <tsp/time.h>

#include "adapters/linux/control/api.h"
#include "adapters/linux/control/caller.h"
#include "adapters/linux/control/guess_limits.h"
#include "adapters/linux/control/passwords.h"
#include "adapters/linux/control/sessions.h"

namespace tsp::linux_ {

class ApiGate : public std::enable_shared_from_this<ApiGate> {
 public:
  using Clock = std::function<Instant()>;
  using WallClock = std::function<WallTime()>;

  ApiGate(Api::CoreCall core, const Sessions::Lifetimes& lifetimes, const Passwords::Cost& cost, Clock clock,
          WallClock wall_clock);

  // Each from any thread; they block until the core has answered. Who asks, with no role if nothing says so; or why
  // what says so is not accepted.
  [[nodiscard]] std::expected<Caller, ApiResponse> identify(const ApiRequest& request);
  // Of a request that is still being served: no use of its session, and no guess.
  [[nodiscard]] std::expected<Caller, ApiResponse> identify_again(const ApiRequest& request);

  struct Login {
    ConsoleLogin login;
    Sessions::Begun session;
  };
  // What somebody shows to be let in; `code`: that of the second factor.
  struct Proof {
    std::string login;
    std::string password;
    std::optional<std::string> code{};
  };
  [[nodiscard]] std::expected<Login, ApiResponse> log_in(const Credentials& credentials, const Proof& proof);
  // Why it does not show that he is the owner of the console login; none: it does, and the code was used now.
  [[nodiscard]] std::optional<ApiResponse> check_proof(const Credentials& credentials, const Proof& proof);
  // The second factor of a login, perhaps not confirmed. None: it has none. Error: it cannot be told.
  [[nodiscard]] std::expected<std::optional<ConsoleTotp>, ApiResponse> find_totp(const std::string& login);
  [[nodiscard]] WallTime wall_time() const { return wall_clock_(); }
  void log_out(const Caller& caller) { sessions_.end(caller.session); }
  // Of a session; none for other callers.
  [[nodiscard]] std::optional<Sessions::Session> session_of(const Caller& caller);
  // Whether that is the console's password of the login now. Error: it cannot be told now.
  [[nodiscard]] std::expected<bool, ApiResponse> is_password_of(const Credentials& credentials,
                                                                const std::string& login, const std::string& password);
  [[nodiscard]] Passwords& passwords() { return passwords_; }
  [[nodiscard]] const Sessions::Lifetimes& lifetimes() const { return sessions_.lifetimes(); }

 private:
  // Tokens that were accepted of late: whoever has one is not slowed down because others guess behind the same address.
  class KnownTokens {
   public:
    void add(const ApiTokenHash& hash);
    [[nodiscard]] bool has(const ApiTokenHash& hash);

   private:
    std::mutex mutex_;
    std::set<ApiTokenHash> hashes_;
  };

  enum class Try : std::uint8_t { First, Again };
  [[nodiscard]] std::expected<Caller, ApiResponse> identify(const ApiRequest& request, Try which);
  [[nodiscard]] std::expected<Caller, ApiResponse> identify_token(const Credentials& credentials, Try which);
  [[nodiscard]] std::expected<Caller, ApiResponse> identify_session(const ApiRequest& request,
                                                                    const std::string& cookie, Try which);
  // None: there is none. Error: it cannot be told.
  [[nodiscard]] std::expected<std::optional<AdminReply>, ApiResponse> look_up(AdminCommand command);
  // A console login, with its second factor.
  struct Owner {
    ConsoleLogin login;
    std::optional<ConsoleTotp> totp;
  };
  // None: there is none that may be used. Error: it cannot be told.
  [[nodiscard]] std::expected<std::optional<Owner>, ApiResponse> find_owner(const std::string& login);
  // None: the password is wrong. A right one does not yet take failures back.
  [[nodiscard]] std::expected<std::optional<Owner>, ApiResponse> check_password(const Credentials& credentials,
                                                                                const std::string& login,
                                                                                const std::string& password);
  // None: there is no second factor, or that is its code, which is used now.
  [[nodiscard]] std::optional<ApiResponse> check_code(const Credentials& credentials, const Proof& proof,
                                                      const std::optional<ConsoleTotp>& totp);
  // Whose the proof is.
  [[nodiscard]] std::expected<ConsoleLogin, ApiResponse> prove(const Credentials& credentials, const Proof& proof);

  Api::CoreCall core_;
  Clock clock_;
  Sessions sessions_;
  Passwords passwords_;
  WallClock wall_clock_;
  GuessLimits limits_;
  GuessLimits code_limits_;  // by the login alone: who guesses codes has its password
  KnownTokens known_tokens_;
};

inline constexpr const char* kSessionCookie = "__Host-tspd";

}  // namespace tsp::linux_
