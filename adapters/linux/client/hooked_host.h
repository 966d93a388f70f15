// SPDX-License-Identifier: Apache-2.0
//
// Brings the host from one tunnel to the next, and tells the hook of it: up after the host is set up, down before that
// is taken back, one after the other. Without a hook everything is done at once.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include <tsp/client.h>

#include "adapters/linux/client/client_options.h"
#include "adapters/linux/client/hook_run.h"

namespace tsp::linux_ {

class HookedHost {
 public:
  struct Actions {
    // Sets the host up for this tunnel, in place of what is set up. The error is told to `failed` then.
    std::function<std::expected<void, std::string>(const Offer&)> up;
    // Takes back what is set up, if anything is.
    std::function<void()> down;
    // The tunnel that is wanted cannot be had. Not called for a hook that only is told.
    std::function<void(std::string reason)> failed;
    std::function<void(const HookResult&)> hook_ended;
  };

  // `host` must live as long as this.
  HookedHost(asio::io_context& io, const HostOptions& host, Actions actions);
  HookedHost(const HookedHost&) = delete;
  HookedHost& operator=(const HookedHost&) = delete;

  // What is wanted from now on. While the hook runs for something else it has to wait; what is wanted no more when its
  // turn comes is never set up. A tunnel that would tell the hook the same again does not concern it.
  void up(const Offer& offer);
  void down();

 private:
  void proceed();
  void run_hook(HookEvent event);
  void hook_ended(const HookResult& result);
  [[nodiscard]] bool knows(const Offer& offer) const;

  asio::io_context& io_;
  const HostOptions& host_;
  Actions actions_;
  std::optional<Offer> wanted_;
  bool settled_ = true;        // the host is as it is wanted, or it was tried
  std::optional<Offer> told_;  // what the hook was told is up; it must be told that it goes down
  std::unique_ptr<HookRun> run_;
};

}  // namespace tsp::linux_
