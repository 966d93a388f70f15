// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/hooked_host.h"

#include <utility>

namespace tsp::linux_ {

HookedHost::HookedHost(asio::io_context& io, const HostOptions& host, Actions actions)
    : io_(io), host_(host), actions_(std::move(actions)) {}

void HookedHost::up(const Offer& offer) {
  wanted_ = offer;
  settled_ = false;
  proceed();
}

void HookedHost::down() {
  wanted_.reset();
  settled_ = false;
  proceed();
}

void HookedHost::proceed() {
  if (settled_) return;
  const bool known = wanted_ && knows(*wanted_);
  if (run_ && !known) return;  // goes on when the hook has ended
  if (told_ && !known) return run_hook(HookEvent::Down);
  settled_ = true;
  if (!wanted_) return actions_.down();
  if (const auto set = actions_.up(*wanted_); !set) return actions_.failed(set.error());
  if (!known && !host_.hook.program.empty()) run_hook(HookEvent::Up);
}

void HookedHost::run_hook(HookEvent event) {
  const Offer offer = event == HookEvent::Up ? *wanted_ : *told_;
  told_ = event == HookEvent::Up ? wanted_ : std::nullopt;
  run_ = std::make_unique<HookRun>(io_, host_.hook, event, hook_environment(offer, host_, event),
                                   [this](const HookResult& result) { hook_ended(result); });
}

void HookedHost::hook_ended(const HookResult& result) {
  run_.reset();
  actions_.hook_ended(result);
  if (result.event == HookEvent::Down) {
    actions_.down();
    settled_ = !wanted_;
  } else if (settled_ && host_.hook.configures() && !result.problem.empty()) {
    actions_.failed("the hook could not set it up: " + result.problem);
  }
  proceed();
}

// Whether the hook has been told exactly this.
bool HookedHost::knows(const Offer& offer) const {
  return told_ && hook_environment(*told_, host_, HookEvent::Up) == hook_environment(offer, host_, HookEvent::Up);
}

}  // namespace tsp::linux_
