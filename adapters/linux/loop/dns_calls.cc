// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/dns_calls.h"

#include <chrono>
#include <optional>
#include <utility>

#include "adapters/linux/loop/ask_on.h"

namespace tsp::linux_ {
namespace {

// A daemon that stops answers nobody any more.
constexpr auto kPatience = std::chrono::seconds(2);

template <class T, class Ask>
std::optional<T> ask_keeper(asio::io_context& io, Ask ask) {
  return ask_on<T>(io, kPatience, std::move(ask), [] { return false; });
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
            auto state = ask_keeper<State>(io, [&keeper, account] { return keeper.state(account); });
            if (!state || !*state) return std::nullopt;
            return DnsAccountStatus{
                .state = name((*state)->phase), .done_at = (*state)->done_at, .error = std::move((*state)->error)};
          },
          .status = [&io, &keeper]() -> std::optional<DnsStatus> {
            auto summary = ask_keeper<dns::DnsSummary>(io, [&keeper] { return keeper.summary(); });
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
                return ask_keeper<bool>(io,
                                        [&keeper] {
                                          keeper.retry();
                                          return true;
                                        })
                    .has_value();
              }};
}

}  // namespace tsp::linux_
