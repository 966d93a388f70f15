// SPDX-License-Identifier: Apache-2.0
//
// The service manager (systemd), if there is one that wants to be told: sd_notify(3), sd_listen_fds(3),
// sd_watchdog_enabled(3). Without one nothing happens.
#pragma once

#include <optional>
#include <string>

#include <tsp/broker.h>
#include <tsp/time.h>

#include "adapters/linux/net/inherited_descriptors.h"

namespace tsp::linux_ {

// "READY=1"
void notify_service_manager(const std::string& state);
// Lets it hold the descriptor open, and hand it to the next run of this process. `name` has no colon.
void let_manager_keep(int descriptor, const std::string& name);
// It closes what it keeps under that name.
void let_manager_forget(const std::string& name);
// What it has handed over. Once, and before anything else is opened.
[[nodiscard]] InheritedDescriptors take_inherited_descriptors();
// How often it must be told that this process is alive; none: it does not matter.
[[nodiscard]] std::optional<Duration> watchdog_interval();
// What `systemctl status` shows: one line.
[[nodiscard]] std::string status_line(const StatusView& broker);
// For RELOADING=1: CLOCK_MONOTONIC in microseconds.
[[nodiscard]] std::string reloading_state();

}  // namespace tsp::linux_
