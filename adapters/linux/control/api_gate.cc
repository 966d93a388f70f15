// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_gate.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "adapters/linux/control/api_routes.h"
#include "adapters/linux/control/totp.h"
#include "core/auth/api_token.h"
#include "core/auth/sha256.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kKnownTokensMax = 4096;
constexpr std::string_view kBearer = "Bearer ";
constexpr int kUnavailable = 503;

ApiResponse slow_down(Duration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  ApiResponse response = refuse(429, "too many failures; wait " + std::to_string(seconds) + " s");
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

// The value of the cookie of this name in "a=1; b=2"; empty if there is none.
std::string_view cookie_named(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    std::string_view one = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) return one.substr(name.size() + 1);
  }
  return {};
}

// Stands for all sources together.
IPv6Address place_of_login(const std::string& login) {
  IPv6Address place;
  std::ranges::copy_n(auth::sha256(login).begin(), static_cast<std::ptrdiff_t>(place.octets.size()),
                      place.octets.begin());
  return place;
}

bool is_safe(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

}  // namespace

void ApiGate::KnownTokens::add(const ApiTokenHash& hash) {
  const std::lock_guard lock(mutex_);
  if (hashes_.size() >= kKnownTokensMax) hashes_.erase(hashes_.begin());
  hashes_.insert(hash);
}

bool ApiGate::KnownTokens::has(const ApiTokenHash& hash) {
  const std::lock_guard lock(mutex_);
  return hashes_.contains(hash);
}

ApiGate::ApiGate(Api::CoreCall core, const Sessions::Lifetimes& lifetimes, const Passwords::Cost& cost, Clock clock,
                 WallClock wall_clock)
    : core_(std::move(core)),
      clock_(std::move(clock)),
      sessions_(lifetimes),
      passwords_(cost),
      wall_clock_(std::move(wall_clock)) {}

std::expected<Caller, ApiResponse> ApiGate::identify(const ApiRequest& request) {
  return identify(request, Try::First);
}

std::expected<Caller, ApiResponse> ApiGate::identify_again(const ApiRequest& request) {
  return identify(request, Try::Again);
}

std::expected<Caller, ApiResponse> ApiGate::identify(const ApiRequest& request, Try which) {
  const Credentials& credentials = request.credentials;
  if (credentials.uid) return local_caller(*credentials.uid);
  if (!credentials.authorization.empty()) return identify_token(credentials, which);
  const std::string cookie(cookie_named(credentials.cookie, kSessionCookie));
  if (!cookie.empty()) return identify_session(request, cookie, which);
  return Caller{.source = to_unmapped_text(credentials.source)};
}

std::expected<Caller, ApiResponse> ApiGate::identify_token(const Credentials& credentials, Try which) {
  std::string_view text = credentials.authorization;
  if (!text.starts_with(kBearer)) return std::unexpected(refuse_stranger("Authorization: expected Bearer and a token"));
  text.remove_prefix(kBearer.size());
  const ApiTokenHash hash = auth::hash_of_api_token(text);
  const bool was_known = known_tokens_.has(hash);
  const auto wait = limits_.wait({}, credentials.source, clock_());
  if (wait && !was_known) return std::unexpected(slow_down(*wait));
  std::expected<std::optional<AdminReply>, ApiResponse> found;
  if (auth::looks_like_api_token(text)) found = look_up(FindTokenRequest{hash});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found || (*found)->tokens.empty()) {
    if (which == Try::First) limits_.failed({}, credentials.source, clock_());
    return std::unexpected(refuse_stranger("Authorization: the token is not known, has expired or was revoked"));
  }
  known_tokens_.add(hash);
  const ApiToken& token = (*found)->tokens.front();
  return Caller{.role = token.role,
                .name = "token " + (token.login.empty() ? "" : token.login + '/') + token.name,
                .source = to_unmapped_text(credentials.source),
                .login = token.login,
                .scopes = token.scopes};
}

std::expected<Caller, ApiResponse> ApiGate::identify_session(const ApiRequest& request, const std::string& cookie,
                                                             Try which) {
  const auto session = which == Try::First ? sessions_.find(cookie, clock_()) : sessions_.look_at(cookie, clock_());
  // Somebody who logs in may still have the cookie of a session that is over.
  if (!session) return Caller{.source = to_unmapped_text(request.credentials.source)};
  const auto owner = find_owner(session->login.login);
  if (!owner) return std::unexpected(owner.error());
  // Whoever has another password or another role since then logs in again.
  if (!*owner || (*owner)->login != session->login) {
    sessions_.end(cookie);
    return Caller{.source = to_unmapped_text(request.credentials.source)};
  }
  if (!is_safe(request.method) && !same_secret(session->csrf_token, request.credentials.csrf_token)) {
    return std::unexpected(refuse(403, "X-CSRF-Token: expected the csrf_token of this session"));
  }
  return Caller{.role = session->login.role,
                .name = "session " + session->login.login,
                .source = to_unmapped_text(request.credentials.source),
                .login = session->login.login,
                .session = cookie};
}

std::expected<std::optional<ApiGate::Owner>, ApiResponse> ApiGate::find_owner(const std::string& login) {
  auto found = look_up(FindConsoleLoginRequest{login});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found || (*found)->console_logins.empty()) return std::nullopt;
  AdminReply& reply = **found;
  const bool has_totp = !reply.totps.empty();
  return Owner{.login = std::move(reply.console_logins.front()),
               .totp = has_totp ? std::optional(std::move(reply.totps.front())) : std::nullopt};
}

std::expected<std::optional<AdminReply>, ApiResponse> ApiGate::look_up(AdminCommand command) {
  auto reply = ask(core_, std::move(command), std::nullopt);
  if (reply) return std::move(*reply);
  if (reply.error().status == kUnavailable) return std::unexpected(std::move(reply.error()));
  return std::nullopt;
}

std::expected<std::optional<ApiGate::Owner>, ApiResponse> ApiGate::check_password(const Credentials& credentials,
                                                                                  const std::string& login,
                                                                                  const std::string& password) {
  if (const auto wait = limits_.wait(login, credentials.source, clock_())) return std::unexpected(slow_down(*wait));
  auto owner = find_owner(login);
  if (!owner) return owner;
  const auto hash = *owner ? std::optional((*owner)->login.password_hash) : std::nullopt;
  switch (passwords_.check(password, hash)) {
    case Passwords::Check::Busy:
      return std::unexpected(slow_down(std::chrono::seconds(1)));
    case Passwords::Check::Wrong:
      limits_.failed(login, credentials.source, clock_());
      return std::nullopt;
    case Passwords::Check::Right:
      return owner;
  }
  std::unreachable();
}

std::expected<bool, ApiResponse> ApiGate::is_password_of(const Credentials& credentials, const std::string& login,
                                                         const std::string& password) {
  const auto owner = check_password(credentials, login, password);
  if (!owner) return std::unexpected(owner.error());
  if (*owner) limits_.succeeded(login, credentials.source);
  return owner->has_value();
}

std::expected<std::optional<ConsoleTotp>, ApiResponse> ApiGate::find_totp(const std::string& login) {
  const auto owner = find_owner(login);
  if (!owner) return std::unexpected(owner.error());
  return *owner ? (*owner)->totp : std::nullopt;
}

std::optional<ApiResponse> ApiGate::check_code(const Credentials& credentials, const Proof& proof,
                                               const std::optional<ConsoleTotp>& totp) {
  if (!totp || !totp->confirmed) return std::nullopt;
  if (!proof.code) return refuse_stranger("code: expected that of the second factor");
  const IPv6Address place = place_of_login(proof.login);
  if (const auto wait = code_limits_.wait(proof.login, place, clock_())) return slow_down(*wait);
  const auto step = find_totp_step(totp->secret, *proof.code, wall_clock_());
  auto used = step ? ask(core_, UseTotpRequest{.login = proof.login, .step = *step}, std::nullopt)
                   : std::unexpected(refuse_stranger("code: it is another one"));
  if (used) {
    code_limits_.succeeded(proof.login, place);
    return std::nullopt;
  }
  if (used.error().status == kUnavailable) return std::move(used.error());
  code_limits_.failed(proof.login, place, clock_());
  limits_.failed(proof.login, credentials.source, clock_());
  return refuse_stranger(step ? "code: it was used already" : "code: it is another one");
}

std::expected<ConsoleLogin, ApiResponse> ApiGate::prove(const Credentials& credentials, const Proof& proof) {
  auto owner = check_password(credentials, proof.login, proof.password);
  if (!owner) return std::unexpected(std::move(owner.error()));
  if (!*owner) return std::unexpected(refuse_stranger("login or password is wrong"));
  if (auto refused = check_code(credentials, proof, (*owner)->totp)) return std::unexpected(std::move(*refused));
  limits_.succeeded(proof.login, credentials.source);
  return std::move((*owner)->login);
}

std::optional<ApiResponse> ApiGate::check_proof(const Credentials& credentials, const Proof& proof) {
  auto proved = prove(credentials, proof);
  return proved ? std::nullopt : std::optional(std::move(proved.error()));
}

std::expected<ApiGate::Login, ApiResponse> ApiGate::log_in(const Credentials& credentials, const Proof& proof) {
  auto login = prove(credentials, proof);
  if (!login) return std::unexpected(std::move(login.error()));
  auto session = sessions_.begin(*login, clock_());
  if (!session) return std::unexpected(refuse(503, "there are too many sessions"));
  return Login{.login = std::move(*login), .session = std::move(*session)};
}

std::optional<Sessions::Session> ApiGate::session_of(const Caller& caller) {
  if (caller.session.empty()) return std::nullopt;
  return sessions_.find(caller.session, clock_());
}

}  // namespace tsp::linux_
