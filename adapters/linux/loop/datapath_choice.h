// SPDX-License-Identifier: Apache-2.0
//
// Which datapath serves, and why that one.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/datapath/host_datapath.h"
#include "adapters/linux/loop/exit_codes.h"

namespace asio {
class io_context;
}

namespace tsp::linux_ {

struct DatapathChoice {
  DatapathType type = DatapathType::Tun;  // not Auto
  std::string reason{};                   // for people

  friend bool operator==(const DatapathChoice&, const DatapathChoice&) = default;
};
// "tun" or "utun"
[[nodiscard]] std::string name(DatapathType type);

// Whether the module can be used; the error is one line.
using FindModule = std::function<std::expected<void, std::string>()>;
// Does not look for the module unless it may be taken. The configuration demands no utun for v4v6 tunnels, which it
// does not have. Error: one line, where it is demanded and is not there.
[[nodiscard]] std::expected<DatapathChoice, std::string> choose_datapath(const DaemonConfig& config,
                                                                         const FindModule& find_module);

struct ChosenDatapath {
  DatapathChoice choice;
  std::unique_ptr<HostDatapath> datapath;
};
// Chooses and opens. With "auto" a utun that cannot be opened gives way to tun.
[[nodiscard]] std::expected<ChosenDatapath, StartError> open_datapath(const DaemonConfig& config, asio::io_context& io,
                                                                      const port::Datapath::Sink& sink,
                                                                      const HostDatapath::SignallingSink& signalling,
                                                                      InheritedDescriptors& inherited);

}  // namespace tsp::linux_
