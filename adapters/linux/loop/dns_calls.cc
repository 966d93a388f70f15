// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/dns_calls.h"

#include <asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace tsp::linux_ {
namespace {

// A daemon that stops answers nobody any more.
constexpr auto kPatience = std::chrono::seconds(2);

template <class T>
struct Waiting {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<T> answer;
};

template <class T, class Ask>
std::optional<T> ask_on(asio::io_context& io, Ask ask) {
  const auto waiting = std::make_shared<Waiting<T>>();
  asio::post(io, [waiting, ask = std::move(ask)] {
    T answer = ask();
    const std::lock_guard lock(waiting->mutex);
    waiting->answer = std::move(answer);
    waiting->arrived.notify_all();
  });
  std::unique_lock lock(waiting->mutex);
  waiting->arrived.wait_for(lock, kPatience, [&] { return waiting->answer.has_value(); });
  return std::move(waiting->answer);
}

const char* name(dns::OwnerState::Phase phase) {
  using enum dns::OwnerState::Phase;
  switch (phase) {
    case Pending:
      return "pending";
    case Done:
      return "done";
    case Refused:
      return "refused";
  }
  std::unreachable();
}

}  // namespace

DnsCalls dns_calls(asio::io_context& io, dns::DnsKeeper& keeper) {
  using State = std::optional<dns::OwnerState>;
  return {.account = [&io, &keeper](AccountId account) -> std::optional<DnsAccountStatus> {
            auto state = ask_on<State>(io, [&keeper, account] { return keeper.state(account); });
            if (!state || !*state) return std::nullopt;
            return DnsAccountStatus{
                .state = name((*state)->phase), .done_at = (*state)->done_at, .error = std::move((*state)->error)};
          },
          .status = [&io, &keeper]() -> std::optional<DnsStatus> {
            auto summary = ask_on<dns::DnsSummary>(io, [&keeper] { return keeper.summary(); });
            if (!summary) return std::nullopt;
            return DnsStatus{.place = std::move(summary->place),
                             .zones = std::move(summary->zones),
                             .done = summary->done,
                             .pending = summary->pending,
                             .refused = summary->refused,
                             .error = std::move(summary->error)};
          },
          .retry =
              [&io, &keeper] {
                return ask_on<bool>(io,
                                    [&keeper] {
                                      keeper.retry();
                                      return true;
                                    })
                    .has_value();
              }};
}

}  // namespace tsp::linux_
