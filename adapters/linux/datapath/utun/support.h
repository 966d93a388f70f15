// SPDX-License-Identifier: Apache-2.0
//
// Whether this host has the kernel module, and if not, what has to be done about it.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "adapters/linux/datapath/utun/messages.h"
#include "adapters/linux/netlink/requester.h"

namespace tsp::linux_::utun {

// What the host says of its kernel.
struct KernelFacts {
  std::string release;              // "6.1.0-56-amd64"
  bool has_modules = true;          // the kernel was built to load modules
  bool loading_off = false;         // and may not any more (kernel.modules_disabled)
  bool loaded = false;              // some module of the name is
  std::optional<bool> installed{};  // for this kernel; none: the host does not tell
  bool secure_boot = false;         // modules without a known signature are refused
};
[[nodiscard]] KernelFacts read_kernel_facts();
// One line: what is wrong, and what to do.
[[nodiscard]] std::string explain_missing(const KernelFacts& facts);

// Asks for the module's family, which lets the kernel load the module if it is installed. Error: one line.
[[nodiscard]] std::expected<Family, std::string> find_module(
    NetlinkRequester& requester, const std::function<KernelFacts()>& facts = read_kernel_facts);
// The same by a socket of its own.
[[nodiscard]] std::expected<Family, std::string> find_module();

}  // namespace tsp::linux_::utun
