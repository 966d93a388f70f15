// SPDX-License-Identifier: Apache-2.0
//
// What authentication costs, apart from reading and writing messages.
#include <benchmark/benchmark.h>

#include "core/auth/authenticator.h"
#include "core/auth/digest_md5.h"

namespace tsp::auth {
namespace {

constexpr const char* kLogin = "alice";
constexpr const char* kRealm = "tb.example.net";
constexpr const char* kPassword = "secret";
constexpr const char* kNonce = "5f1d7c0a9be24386a1c4d2f09e8b7361";

std::string response_token() {
  return make_response({.realm = kRealm, .nonce = kNonce, .charset = "utf-8"}, kLogin, kPassword, "1700000000", kRealm)
      .token;
}

AccountRecord account() {
  AccountRecord record;
  record.account.id = AccountId{1};
  record.account.login = kLogin;
  record.account.verifier = make_verifier(kLogin, kRealm, kPassword);
  return record;
}

void make_a_verifier(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_verifier(kLogin, kRealm, kPassword));
}
BENCHMARK(make_a_verifier);

void make_a_challenge(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_challenge(kRealm, kNonce));
}
BENCHMARK(make_a_challenge);

void parse_a_response(benchmark::State& state) {
  const std::string token = response_token();
  for (auto _ : state) benchmark::DoNotOptimize(parse_response(token));
}
BENCHMARK(parse_a_response);

// Argument: whether the fault of old clients is looked for too.
void check_a_response(benchmark::State& state) {
  const auto response = parse_response(response_token());
  const Verifier verifier = account().account.verifier;
  for (auto _ : state) {
    benchmark::DoNotOptimize(check_response(*response, verifier, kRealm, kNonce, state.range(0) != 0));
  }
}
BENCHMARK(check_a_response)->Arg(0)->Arg(1);

void exchange(benchmark::State& state, AuthMechanism mechanism, const std::string& message,
              const std::optional<AccountRecord>& record, bool succeeds) {
  for (auto _ : state) {
    Authenticator authenticator(mechanism, kRealm, kNonce, false);
    benchmark::DoNotOptimize(authenticator.begin());
    benchmark::DoNotOptimize(authenticator.message(message));
    const Step step = authenticator.account(record);
    if (std::holds_alternative<Succeeded>(step) != succeeds) {
      state.SkipWithError("unexpected verdict");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}

void digest_md5_exchange(benchmark::State& state) {
  exchange(state, AuthMechanism::DigestMd5, response_token(), account(), true);
}
BENCHMARK(digest_md5_exchange);

void digest_md5_exchange_of_an_unknown_login(benchmark::State& state) {
  exchange(state, AuthMechanism::DigestMd5, response_token(), std::nullopt, false);
}
BENCHMARK(digest_md5_exchange_of_an_unknown_login);

void plain_exchange(benchmark::State& state) {
  using namespace std::string_literals;
  exchange(state, AuthMechanism::Plain, "\0"s + kLogin + "\0"s + kPassword + "\r\n", account(), true);
}
BENCHMARK(plain_exchange);

}  // namespace
}  // namespace tsp::auth
